'use client';

import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import { AppGate } from '@/components/app-gate';
import { ViewsMenu } from '@/components/views/views-menu';
import { cohortParams } from '@/features/cohorts/search-params';
import { CompareSkeleton, CompareTwo } from '@/features/compare/compare-two';
import { fairnessParams } from '@/features/fairness/search-params';
import { cn } from '@/lib/cn';
import { compareHref, fairnessHref, groupsHref } from '@/lib/links';

// Each kind loads separately.
const Cohorts = dynamic(async () => (await import('@/features/cohorts/cohorts')).Cohorts, {
  loading: CompareSkeleton,
});

const FairnessPage = dynamic(
  async () => (await import('@/features/fairness/fairness-page')).FairnessPage,
  { loading: CompareSkeleton },
);

export function CompareView() {
  return (
    <AppGate loading={<CompareSkeleton />}>{(app) => <Compare key={app} app={app} />}</AppGate>
  );
}

/** Compares two executions, or two groups if the address has a filter, even an empty one. */
function Compare({ app }: { app: string }) {
  const [{ qa, qb }] = useQueryStates(cohortParams);
  const [{ by }] = useQueryStates(fairnessParams);
  const isFairness = by !== null;
  const isGroups = !isFairness && (qa !== null || qb !== null);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <h1 className="sr-only">Compare executions of {app}</h1>
      <div className="flex shrink-0 items-center gap-2 border-b border-line px-3 print:hidden">
        <nav aria-label="What to compare" className="flex gap-1">
          <Kind
            href={compareHref(app)}
            name="Two executions"
            isCurrent={!isGroups && !isFairness}
          />
          <Kind href={groupsHref(app)} name="Two groups" isCurrent={isGroups} />
          <Kind href={fairnessHref(app)} name="Fairness" isCurrent={isFairness} />
        </nav>
        {isGroups ? (
          <div className="ml-auto">
            <ViewsMenu app={app} />
          </div>
        ) : null}
      </div>
      {isFairness ? (
        <FairnessPage app={app} />
      ) : isGroups ? (
        <Cohorts app={app} />
      ) : (
        <CompareTwo app={app} />
      )}
    </div>
  );
}

function Kind({ href, name, isCurrent }: { href: string; name: string; isCurrent: boolean }) {
  return (
    <Link
      href={href}
      aria-current={isCurrent ? 'page' : undefined}
      className={cn(
        '-mb-px flex h-9 items-center max-md:h-10 border-b-2 border-transparent px-2 text-sm text-ink-muted hover:text-ink',
        isCurrent && 'border-accent font-medium text-ink',
      )}
    >
      {name}
    </Link>
  );
}
