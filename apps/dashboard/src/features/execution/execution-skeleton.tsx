import { Skeleton } from '@/components/ui/skeleton';

const ROWS = Array.from({ length: 10 }, (_, index) => index);

export function ExecutionSkeleton() {
  return (
    <section
      aria-busy="true"
      aria-label="Loading the execution"
      className="flex min-h-0 flex-1 flex-col overflow-hidden"
    >
      <h1 className="sr-only">Execution</h1>
      <div className="flex flex-col gap-2 border-b border-line px-4 py-3">
        <Skeleton className="h-6 w-72 max-w-full" />
        <Skeleton className="h-4 w-96 max-w-full" />
      </div>
      <div className="flex min-h-0 flex-1">
        <div className="flex flex-1 flex-col gap-3 p-4">
          {ROWS.map((row) => (
            <Skeleton key={row} className="h-4" />
          ))}
        </div>
        <div className="hidden w-2/5 border-l border-line p-4 md:block">
          <Skeleton className="h-40" />
        </div>
      </div>
    </section>
  );
}
