'use client';

import { useQuery } from '@tanstack/react-query';
import { Logo } from '@/components/frame/logo';
import { AbsoluteTime } from '@/components/time';
import { useNowMs } from '@/lib/browser-state';
import { executionHref } from '@/lib/links';
import { explanationQuery } from '@/lib/queries';
import { ExplanationBody } from './explanation-body';
import { useNamedExplanation } from './named';

/** The printed explanation with its origin. Hidden on screens. */
export function ExplanationReport({
  app,
  executionId,
  revision,
  at,
}: {
  app: string;
  executionId: string;
  revision: number;
  /** When the decision was made, ISO-8601. */
  at: string;
}) {
  const explanation = useNamedExplanation(useQuery(explanationQuery(app, executionId, revision)));
  const nowMs = useNowMs();
  if (explanation.data === undefined) return null;
  const address = `${window.location.origin}${executionHref(app, executionId, 'explain')}`;
  return (
    <article className="hidden text-sm leading-5 print:block">
      <header className="mb-4 flex items-start gap-3 border-b border-line-strong pb-3">
        <Logo />
        <div className="min-w-0 flex-1">
          <h1 className="text-lg font-semibold">Explanation of a decision</h1>
          <p className="wrap-anywhere text-ink-muted">
            {app} · execution {executionId} · revision {revision} · <AbsoluteTime iso={at} />
          </p>
        </div>
      </header>
      <ExplanationBody app={app} explanation={explanation.data} />
      <footer className="mt-4 border-t border-line pt-2 text-xs text-ink-muted">
        <p className="wrap-anywhere">
          Based only on the recorded data. Printed{' '}
          <AbsoluteTime iso={new Date(nowMs).toISOString()} /> from{' '}
          <a href={address} className="underline">
            {address}
          </a>
        </p>
      </footer>
    </article>
  );
}
