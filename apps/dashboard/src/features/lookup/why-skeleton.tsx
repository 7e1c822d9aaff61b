import { Skeleton } from '@/components/ui/skeleton';

const ROWS = Array.from({ length: 6 }, (_, index) => index);

export function WhySkeleton() {
  return (
    <section aria-busy="true" aria-label="Searching" className="flex flex-col gap-4 p-4">
      <Skeleton className="h-8 w-full max-w-xl" />
      <HistorySkeleton />
    </section>
  );
}

export function HistorySkeleton() {
  return (
    <div aria-busy="true" className="flex flex-col gap-3">
      <Skeleton className="h-5 w-80 max-w-full" />
      <Skeleton className="h-10" />
      {ROWS.map((row) => (
        <Skeleton key={row} className="h-12" />
      ))}
    </div>
  );
}
