'use client';

import { useQuery } from '@tanstack/react-query';
import { ArrowLeftRightIcon } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { Boundary } from '@/components/boundary';
import { EmptyState, ErrorState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { Skeleton } from '@/components/ui/skeleton';
import { ApiError } from '@/lib/api-client';
import { comparisonQuery } from '@/lib/queries';
import { ComparisonHead } from './comparison-head';
import { ComparisonList } from './comparison-list';
import { ExecutionPicker } from './execution-picker';
import { compareParams } from './search-params';

/** Compares the two executions in the address. */
export function CompareTwo({ app }: { app: string }) {
  const [{ a, b }, setParams] = useQueryStates(compareParams, { history: 'push' });
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2 print:hidden">
        <ExecutionPicker
          app={app}
          name="a"
          value={a}
          onChange={(id) => void setParams({ app, a: id })}
        />
        <Button
          size="icon"
          aria-label="Swap a and b"
          title="Swap a and b"
          disabled={a === null && b === null}
          onClick={() => void setParams({ app, a: b, b: a })}
        >
          <ArrowLeftRightIcon aria-hidden />
        </Button>
        <ExecutionPicker
          app={app}
          name="b"
          value={b}
          onChange={(id) => void setParams({ app, b: id })}
        />
      </div>
      {a !== null && b !== null ? (
        <Boundary title="The comparison cannot be shown" of={`${a} ${b}`}>
          <Loaded key={`${a} ${b}`} app={app} a={a} b={b} />
        </Boundary>
      ) : (
        <EmptyState title="Choose two executions">
          <p className="mb-2">
            Choose {a === null && b === null ? 'two' : 'the other execution'} above to see where
            they diverge (rule, candidate or step), and all other differences.
          </p>
          <p>
            From an execution’s page, <strong className="font-medium">Compare…</strong> suggests the
            previous execution, the last approved one and the one it retries.
          </p>
        </EmptyState>
      )}
    </>
  );
}

function Loaded({ app, a, b }: { app: string; a: string; b: string }) {
  const comparison = useQuery(comparisonQuery(app, a, b));
  if (comparison.data !== undefined) {
    return (
      <>
        <ComparisonHead app={app} comparison={comparison.data} />
        <ComparisonList app={app} comparison={comparison.data} />
      </>
    );
  }
  if (comparison.isPending) return <CompareSkeleton />;
  const isMissing = comparison.error instanceof ApiError && comparison.error.status === 404;
  return (
    <ErrorState
      error={comparison.error}
      title={
        isMissing
          ? 'One of the two executions does not exist'
          : 'The two executions could not be compared'
      }
      onRetry={() => void comparison.refetch()}
    />
  );
}

export function CompareSkeleton() {
  return (
    <section aria-busy="true" aria-label="Comparing" className="flex flex-col gap-3 p-4">
      <div className="grid grid-cols-2 gap-4">
        <Skeleton className="h-10" />
        <Skeleton className="h-10" />
      </div>
      <Skeleton className="h-8" />
      <Skeleton className="h-8" />
      <Skeleton className="h-40" />
    </section>
  );
}
