'use client';

import { useQuery } from '@tanstack/react-query';
import { useQueryStates } from 'nuqs';
import { Boundary } from '@/components/boundary';
import { EmptyState, ErrorState } from '@/components/states';
import { Skeleton } from '@/components/ui/skeleton';
import { CohortForm } from './cohort-form';
import { CohortResult } from './cohort-result';
import { cohortsQuery, type CohortChoice } from './cohort-query';
import { cohortParams } from './search-params';

/** Compares two groups of executions: significant changes, and the traits associated with them. */
export function Cohorts({ app }: { app: string }) {
  const [params, setParams] = useQueryStates(cohortParams, { history: 'push' });
  const a: CohortChoice = { q: params.qa ?? '', range: { from: params.aFrom, to: params.aTo } };
  const b: CohortChoice = { q: params.qb ?? '', range: { from: params.bFrom, to: params.bTo } };
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <CohortForm
        key={`${params.qa}\n${params.qb}`}
        app={app}
        a={a}
        b={b}
        onChange={(next) =>
          void setParams({
            app,
            qa: next.a.q,
            aFrom: next.a.range.from,
            aTo: next.a.range.to,
            qb: next.b.q,
            bFrom: next.b.range.from,
            bTo: next.b.range.to,
            outcome: null,
          })
        }
      />
      {params.qa === null || params.qb === null ? (
        <EmptyState title="Choose two groups">
          <p className="mb-2">
            Give each group a filter and a time range. Example:{' '}
            <code className="text-mono">pipeline:loan-approval version.ruleset:r42</code>, and a
            time. An empty filter matches every execution.
          </p>
          <p>
            The result shows which outcome rates changed significantly. It ranks the rules, reasons,
            versions and inputs associated with the change.
          </p>
        </EmptyState>
      ) : (
        <Boundary
          title="The comparison cannot be shown"
          of={JSON.stringify([a, b, params.outcome])}
        >
          <Answer
            app={app}
            a={a}
            b={b}
            outcome={params.outcome}
            onOutcome={(outcome) => void setParams({ outcome })}
          />
        </Boundary>
      )}
    </div>
  );
}

function Answer({
  app,
  a,
  b,
  outcome,
  onOutcome,
}: {
  app: string;
  a: CohortChoice;
  b: CohortChoice;
  outcome: string | null;
  onOutcome: (outcome: string | null) => void;
}) {
  const cohorts = useQuery(cohortsQuery(app, a, b, outcome));
  if (cohorts.data !== undefined) {
    return (
      <CohortResult app={app} comparison={cohorts.data} asked={outcome} onOutcome={onOutcome} />
    );
  }
  if (cohorts.isPending) {
    return (
      <section
        aria-busy="true"
        aria-label="Comparing the groups"
        className="flex flex-col gap-4 p-4"
      >
        <Skeleton className="h-28" />
        <Skeleton className="h-40" />
      </section>
    );
  }
  return (
    <ErrorState
      error={cohorts.error}
      title="The groups could not be compared"
      onRetry={() => void cohorts.refetch()}
    />
  );
}
