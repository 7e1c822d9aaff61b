'use client';

import { useQueryStates } from 'nuqs';
import { AppGate } from '@/components/app-gate';
import { cohortParams } from '@/features/cohorts/search-params';
import { Cohorts } from '@/features/cohorts/cohorts';
import { CompareSkeleton, CompareTwo } from '@/features/compare/compare-two';

export function CompareView() {
  return (
    <AppGate loading={<CompareSkeleton />}>{(app) => <Compare key={app} app={app} />}</AppGate>
  );
}

/** Two executions, or two groups of them: a filter in the address, even an empty one, asks for groups. */
function Compare({ app }: { app: string }) {
  const [{ qa, qb }] = useQueryStates(cohortParams);
  const isGroups = qa !== null || qb !== null;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <h1 className="sr-only">Compare executions of {app}</h1>
      {isGroups ? <Cohorts app={app} /> : <CompareTwo app={app} />}
    </div>
  );
}
