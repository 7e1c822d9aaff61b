import { Skeleton } from '@/components/ui/skeleton';

export function ExplainSkeleton() {
  return (
    <section aria-busy="true" aria-label="Explanation" className="flex h-full flex-col bg-panel">
      <h2 className="flex min-h-11 items-center border-b border-line px-4 font-semibold">
        Why this decision
      </h2>
      <div className="p-4">
        <AccountSkeleton />
      </div>
    </section>
  );
}

export function AccountSkeleton() {
  return (
    <div className="flex flex-col gap-4">
      <Skeleton className="h-6 w-1/2" />
      <Skeleton className="h-4 w-3/4" />
      <Skeleton className="h-20" />
      <Skeleton className="h-16" />
      <Skeleton className="h-24" />
    </div>
  );
}
