import { Skeleton } from '@/components/ui/skeleton';

const ROWS = Array.from({ length: 5 }, (_, index) => index);

export function ReplaysSkeleton() {
  return (
    <section aria-busy="true" aria-label="Loading the replays" className="flex flex-col gap-3 p-4">
      <h1 className="sr-only">Replays</h1>
      {ROWS.map((row) => (
        <Skeleton key={row} className="h-10" />
      ))}
    </section>
  );
}
