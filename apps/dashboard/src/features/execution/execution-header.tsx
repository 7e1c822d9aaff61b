'use client';

import type { ExecutionDetail, Link as ExecutionLink } from '@xray/core';
import { failingStepIndex } from '@xray/core/failing-step';
import Link from 'next/link';
import { useMemo, type ReactNode } from 'react';
import { IdText } from '@/components/id-text';
import { Term } from '@/components/term';
import { AbsoluteTime, RelativeTime } from '@/components/time';
import { VerdictLabel } from '@/components/verdict-mark';
import { formatCount, formatDuration, truncateMiddle } from '@/lib/format';
import { caseHref, executionHref, executionsHref } from '@/lib/links';
import { useOutcomes } from '@/lib/outcomes';
import { executionVerdict } from '@/lib/verdict';
import { becauseLine } from './because';
import { LinkedFromLines } from './linked-from';
import { BecauseReasons } from './because-reasons';
import { ReadFrom } from './read-from';
import { SpansBelow } from './spans-below';

/** Shows the outcome first, then the reasons, then the facts. */
export function ExecutionHeader({
  app,
  detail: { snapshot, server, linkedFrom, spans },
  actions,
}: {
  app: string;
  detail: ExecutionDetail;
  actions: ReactNode;
}) {
  const { decision } = snapshot;
  const status = snapshot.status ?? 'completed';
  const ended = {
    pipeline: snapshot.pipeline,
    status,
    outcome: decision?.outcome ?? null,
    stale: server.stale,
  };
  const shown = useOutcomes().ofExecution(ended);
  const verdict = (shown.status === null ? shown.outcome : null) ?? executionVerdict(ended);
  const because = useMemo(() => becauseLine(snapshot), [snapshot]);
  const failed = snapshot.steps[failingStepIndex(snapshot.steps)];
  const at = snapshot.startedAt ?? server.receivedAt;
  return (
    <header className="flex flex-col gap-1.5 border-b border-line px-4 py-3">
      <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
        <h1 className="flex max-w-full min-w-0 items-center gap-3 text-base">
          {/* The outcome is not cut if there is room, because people come for it. */}
          <VerdictLabel
            verdict={verdict}
            className="max-w-[60vw] shrink-0 text-lg font-semibold [&_svg]:size-4"
          />
          <Link
            href={executionsHref(app, { pipeline: snapshot.pipeline })}
            title={snapshot.pipeline}
            className="touch-link min-w-0 truncate text-ink-muted hover:text-ink hover:underline"
          >
            <Term kind="pipelines" code={snapshot.pipeline} />
          </Link>
        </h1>
        <IdText id={snapshot.executionId} label="execution id" className="text-ink-muted" />
        {status !== 'completed' && decision ? (
          <span className="text-sm text-ink-muted">decided {decision.outcome}</span>
        ) : null}
        {decision?.adverse === true ? <Chip>adverse</Chip> : null}
        {server.conflict ? (
          <Chip title="Two different records with the same revision, or records from two processes, were received">
            conflicting records
          </Chip>
        ) : null}
        <div className="ml-auto flex max-w-full flex-wrap justify-end gap-2 print:hidden">
          {actions}
        </div>
      </div>
      {because.reasons.length > 0 ? (
        <BecauseReasons
          because={because}
          flipHref={executionHref(app, snapshot.executionId, 'explain')}
        />
      ) : failed?.error ? (
        <p className="line-clamp-2 text-sm wrap-anywhere">
          <span className="font-medium">{failed.error.type}</span>{' '}
          <span className="text-ink-muted">
            in <Term kind="steps" code={failed.name} />: {failed.error.message}
          </span>
        </p>
      ) : null}
      <LinkedFromLines app={app} at={at} linkedFrom={linkedFrom} />
      <dl className="flex min-w-0 flex-wrap gap-x-4 gap-y-0.5 text-sm">
        {(snapshot.subjects ?? []).map((subject) => (
          <Fact key={`${subject.type}/${subject.id}`} name={subject.type} title={subject.id} isLink>
            <Link
              href={caseHref(app, subject.type, subject.id)}
              prefetch={false}
              className="touch-link max-w-full truncate text-accent hover:underline"
            >
              {subject.idForm === 'hmac' ? truncateMiddle(subject.id, 16) : subject.id}
            </Link>
          </Fact>
        ))}
        <Fact name="environment">{snapshot.environment ?? 'default'}</Fact>
        {Object.entries(snapshot.versions ?? {}).map(([name, version]) =>
          version === null ? null : (
            <Fact key={name} name={name} title={version}>
              {version}
            </Fact>
          ),
        )}
        <Fact name="took">
          {status === 'running' ? 'still running' : formatDuration(snapshot.durationMs)}
        </Fact>
        <Fact name="at">
          <AbsoluteTime iso={at} />{' '}
          <span className="text-ink-faint">
            (<RelativeTime iso={at} />)
          </span>
        </Fact>
        <Fact name="steps">{formatCount(snapshot.steps.length)}</Fact>
        {snapshot.trace ? (
          <Fact name="trace">
            <IdText id={snapshot.trace.traceId} maxLength={16} label="trace id" />
          </Fact>
        ) : null}
        {(snapshot.links ?? []).map((link) => (
          <LinkFact key={`${link.relation} ${link.executionId}`} app={app} link={link} />
        ))}
      </dl>
      <ReadFrom snapshot={snapshot} />
      <SpansBelow spans={spans} />
    </header>
  );
}

/** A link has only the sequence of the other execution's step. */
function linkHref(app: string, { executionId, stepSequence }: ExecutionLink): string {
  return executionHref(
    app,
    executionId,
    typeof stepSequence === 'number' ? `${stepSequence}` : null,
  );
}

function LinkFact({ app, link }: { app: string; link: ExecutionLink }) {
  return (
    <Fact name={link.relation.replaceAll('_', ' ')} isLink>
      <Link
        href={linkHref(app, link)}
        prefetch={false}
        title={link.executionId}
        className="touch-link text-mono text-accent hover:underline"
      >
        {truncateMiddle(link.executionId, 16)}
      </Link>
    </Fact>
  );
}

function Fact({
  name,
  title,
  isLink = false,
  children,
}: {
  name: string;
  title?: string;
  /** A link is cut by itself: its target for a finger is higher than its line. */
  isLink?: boolean;
  children: ReactNode;
}) {
  return (
    <div className="flex max-w-full min-w-0 gap-1.5">
      <dt className="max-w-40 shrink-0 truncate text-ink-faint" title={name}>
        {name}
      </dt>
      <dd className={isLink ? 'flex min-w-0' : 'min-w-0 truncate'} title={title}>
        {children}
      </dd>
    </div>
  );
}

function Chip({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <span title={title} className="rounded bg-warn-soft px-1.5 text-xs leading-5">
      {children}
    </span>
  );
}
