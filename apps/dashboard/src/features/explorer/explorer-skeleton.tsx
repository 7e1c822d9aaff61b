import { Skeleton } from '@/components/ui/skeleton';

const ROWS = Array.from({ length: 14 }, (_, index) => index);

export function ExplorerSkeleton() {
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 px-4 py-3">
        <Skeleton className="h-8 w-24 rounded-md" />
        <Skeleton className="ml-auto h-8 w-28 rounded-md" />
      </div>
      <RowsSkeleton />
    </div>
  );
}

export function RowsSkeleton() {
  return (
    <section
      aria-busy="true"
      aria-label="Loading the executions"
      className="min-h-0 flex-1 overflow-hidden border-t border-line"
    >
      {ROWS.map((row) => (
        <div
          key={row}
          className="flex h-[60px] items-center gap-3 border-b border-line px-4 md:h-8"
        >
          <Skeleton className="h-3 w-24" />
          <Skeleton className="h-3 flex-1" />
          <Skeleton className="h-3 flex-1 max-md:hidden" />
          <Skeleton className="h-3 w-16" />
        </div>
      ))}
    </section>
  );
}
