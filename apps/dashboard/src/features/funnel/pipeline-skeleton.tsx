import { Skeleton } from '@/components/ui/skeleton';

const ROWS = Array.from({ length: 6 }, (_, index) => index);
const CHARTS = Array.from({ length: 4 }, (_, index) => index);

export function RowsSkeleton() {
  return (
    <section
      aria-busy="true"
      aria-label="Loading the pipelines"
      className="flex flex-col gap-3 p-4"
    >
      {ROWS.map((row) => (
        <Skeleton key={row} className="h-9" />
      ))}
    </section>
  );
}

export function ChartsSkeleton() {
  return (
    <>
      <Skeleton className="h-7" />
      <div aria-busy="true" className="grid gap-x-8 gap-y-5 lg:grid-cols-2">
        {CHARTS.map((chart) => (
          <Skeleton key={chart} className="h-[216px]" />
        ))}
      </div>
    </>
  );
}

export function FunnelSkeleton() {
  return (
    <div aria-busy="true" className="flex flex-col gap-4">
      <Skeleton className="h-44" />
      <Skeleton className="h-32" />
      <Skeleton className="h-40" />
    </div>
  );
}
