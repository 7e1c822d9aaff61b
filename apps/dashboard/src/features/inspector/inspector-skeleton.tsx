import { Skeleton } from '@/components/ui/skeleton';

export function InspectorSkeleton() {
  return (
    <section aria-busy="true" aria-label="Inspector" className="flex flex-col gap-2 p-4">
      <Skeleton className="h-5 w-1/3" />
      <Skeleton className="h-4 w-2/3" />
      <Skeleton className="h-4 w-1/2" />
      <Skeleton className="h-4 w-3/5" />
    </section>
  );
}
