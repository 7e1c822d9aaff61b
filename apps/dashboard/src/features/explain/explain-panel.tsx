'use client';

import type { Explanation } from '@xray/core';
import { explanationText } from '@xray/core/explanation-text';
import { useQuery } from '@tanstack/react-query';
import { PrinterIcon } from 'lucide-react';
import { CopyButton } from '@/components/copy-button';
import { ScrollText } from '@/components/scroll-text';
import { ErrorState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { explanationQuery } from '@/lib/queries';
import { ExplanationBody } from './explanation-body';
import { useNamedExplanation } from './named';
import { AccountSkeleton } from './explain-skeleton';

interface ExplainPanelProps {
  app: string;
  executionId: string;
  revision: number;
}

/** The explanation beside the steps, with buttons to copy and print it. */
export function ExplainPanel({ app, executionId, revision }: ExplainPanelProps) {
  const explanation = useNamedExplanation(useQuery(explanationQuery(app, executionId, revision)));
  return (
    <section
      aria-label="Explanation"
      className="flex h-full min-h-0 min-w-0 flex-col bg-panel"
      aria-busy={explanation.isPending}
    >
      <div className="flex min-h-11 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5 max-md:pr-12">
        <h2 className="mr-auto font-semibold">Why this decision</h2>
        {explanation.data === undefined ? null : <Actions explanation={explanation.data} />}
      </div>
      <div
        // The keyboard must reach a scrolling box, even if there is a link in it (WCAG 2.1.1).
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="min-h-0 flex-1 overflow-y-auto p-4 focus-visible:-outline-offset-2"
      >
        {explanation.data !== undefined ? (
          <>
            <ExplanationBody app={app} explanation={explanation.data} />
            <AsText explanation={explanation.data} />
          </>
        ) : explanation.isError ? (
          <ErrorState
            error={explanation.error}
            title="The decision could not be explained"
            onRetry={() => void explanation.refetch()}
          />
        ) : (
          <AccountSkeleton />
        )}
      </div>
    </section>
  );
}

function Actions({ explanation }: { explanation: Explanation }) {
  return (
    <>
      <CopyButton
        text={() => explanationText(explanation)}
        label="Copy as text"
        withLabel
        className="h-7"
      />
      <Button size="sm" onClick={() => window.print()}>
        <PrinterIcon aria-hidden />
        <span className="max-md:sr-only">Print</span>
      </Button>
    </>
  );
}

function AsText({ explanation }: { explanation: Explanation }) {
  return (
    <details className="mt-6 text-sm">
      <summary className="cursor-pointer text-ink-muted hover:text-ink">Show as plain text</summary>
      <ScrollText
        label="Explanation as text"
        text={explanationText(explanation)}
        className="mt-2 [&_pre]:whitespace-pre-wrap"
      />
    </details>
  );
}
