'use client';

import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import { Fragment, type ReactNode } from 'react';
import { AppGate } from '@/components/app-gate';
import { EmptyState } from '@/components/states';
import { pipelinesHref } from '@/lib/links';
import { RowsSkeleton } from './pipeline-skeleton';
import { pipelineParams } from './search-params';

/** Shows its content for the app and the pipeline of the address. Another pipeline starts with fresh state. */
export function PipelineGate({
  children,
}: {
  children: (app: string, pipeline: string) => ReactNode;
}) {
  const [{ p }] = useQueryStates(pipelineParams);
  return (
    <AppGate loading={<RowsSkeleton />}>
      {(app) =>
        p === null ? (
          <EmptyState heading="h1" title="No pipeline selected">
            <Link href={pipelinesHref(app)} className="text-accent underline">
              Go to the pipelines of {app}
            </Link>
          </EmptyState>
        ) : (
          <Fragment key={`${app} ${p}`}>{children(app, p)}</Fragment>
        )
      }
    </AppGate>
  );
}
