import type { OpenCause, RuleHistory, Simulation } from '@xray/core';
import { OPEN_CAUSE_TEXT } from '@xray/core/simulation-text';
import { useQuery } from '@tanstack/react-query';
import { useQueryState } from 'nuqs';
import { useId, useState } from 'react';
import { outcomeWord } from '@/components/charts/outcome-mix';
import { CopyButton } from '@/components/copy-button';
import { SmallErrorState } from '@/components/states';
import { inputClasses } from '@/components/ui/field';
import { Skeleton } from '@/components/ui/skeleton';
import { cn } from '@/lib/cn';
import { useNames } from '@/lib/dictionary';
import { formatCount, formatShare, plural } from '@/lib/format';
import { replayCommands } from '@/lib/replay-commands';
import { simulationQuery } from './pipeline-queries';
import { wholeFilter, type PipelineQuestion } from './question';
import { pipelineParams } from './search-params';
import { sliderOf } from './threshold-slider';

type HistoryRule = RuleHistory['rules'][number];

/** Asks what another threshold of a rule would have decided. The address holds the threshold: `min_score:640`. */
export function WhatIf({
  app,
  pipeline,
  rule,
  question,
}: {
  app: string;
  pipeline: string;
  rule: HistoryRule;
  question: PipelineQuestion;
}) {
  const [whatIf, setWhatIf] = useQueryState('set', pipelineParams.set);
  const start = `${rule.id}:`;
  const asked = whatIf?.startsWith(start) === true ? Number(whatIf.slice(start.length)) : null;
  const now = rule.settings.find(({ threshold }) => typeof threshold === 'number')?.threshold;
  if (typeof now !== 'number') return null;
  return (
    <details open={asked !== null} className="text-sm print:hidden">
      <summary className="min-h-6 cursor-pointer text-ink-muted hover:text-ink max-md:min-h-11">
        What if the threshold were different?
      </summary>
      <div className="flex flex-col gap-3 py-2">
        <Threshold
          key={asked ?? now}
          now={now}
          value={asked ?? now}
          onChange={(value) => void setWhatIf(value === now ? null : `${start}${value}`)}
        />
        {asked === null || Number.isNaN(asked) ? null : (
          <Answer app={app} pipeline={pipeline} question={question} set={`${start}${asked}`} />
        )}
      </div>
    </details>
  );
}

/** A slider, and a field for any other number. They ask when they are released. */
function Threshold({
  now,
  value,
  onChange,
}: {
  now: number;
  value: number;
  onChange: (value: number) => void;
}) {
  const id = useId();
  const { min, max, step } = sliderOf(now);
  const [draft, setDraft] = useState(String(value));
  const commit = (text: string) => {
    const next = Number(text);
    if (text.trim() !== '' && Number.isFinite(next) && next !== value) onChange(next);
  };
  return (
    <div className="flex flex-wrap items-center gap-3">
      <label htmlFor={id}>Threshold</label>
      <input
        type="range"
        aria-label="Threshold, as a slider"
        min={min}
        max={max}
        step={step}
        value={Number(draft)}
        onChange={(event) => setDraft(event.target.value)}
        onPointerUp={() => commit(draft)}
        onKeyUp={() => commit(draft)}
        className="h-8 min-w-40 flex-1 accent-accent max-md:h-11 md:max-w-80"
      />
      <input
        id={id}
        inputMode="decimal"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => commit(draft)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit(draft);
        }}
        className={cn(inputClasses, 'w-28')}
      />
      <span className="text-ink-muted">now {now}</span>
    </div>
  );
}

function Answer({
  app,
  pipeline,
  question,
  set,
}: {
  app: string;
  pipeline: string;
  question: PipelineQuestion;
  set: string;
}) {
  const q = wholeFilter(pipeline, question);
  const answer = useQuery(simulationQuery(app, { q, set, range: question.range }));
  if (answer.isPending) return <Skeleton className="h-16" />;
  if (answer.isError) {
    return (
      <SmallErrorState
        error={answer.error}
        title="The simulation failed"
        onRetry={() => void answer.refetch()}
      />
    );
  }
  return <Flips app={app} q={q} answer={answer.data} />;
}

function Flips({ app, q, answer }: { app: string; q: string; answer: Simulation }) {
  const names = useNames();
  const { sampled, executions, flips, to, open, basis } = answer;
  const share = (count: number): string => `${sampled === 0 ? 0 : (count / sampled) * 100}%`;
  const causes = Object.entries(open).sort(([, a], [, b]) => b - a) as [OpenCause, number][];
  const commands = replayCommands(app, q);
  return (
    <div className="flex max-w-3xl flex-col gap-2">
      <p>
        <strong className="font-medium">{plural(flips.certain, 'certain flip')}</strong>, at most{' '}
        {formatCount(flips.atMostIfRuleAlone)} if the rule alone decides, at most{' '}
        {formatCount(flips.atMost)} in any case, of {formatCount(sampled)}
        {sampled < executions ? ` drawn from ${formatCount(executions)}` : ''} executions (
        {formatShare(sampled === 0 ? 0 : flips.certain / sampled)} to{' '}
        {formatShare(sampled === 0 ? 0 : flips.atMost / sampled)}).
      </p>
      {/* Decoration: the sentence above has the figures. */}
      <div aria-hidden className="flex h-3 overflow-hidden rounded-full bg-sunken">
        <span className="bg-bar" style={{ width: share(flips.certain) }} />
        <span className="hatched text-bar" style={{ width: share(flips.atMost - flips.certain) }} />
      </div>
      <p className="flex flex-wrap gap-x-4 text-xs text-ink-muted">
        <span className="flex items-center gap-1.5">
          <span aria-hidden className="size-3 rounded-sm bg-bar" /> certain
        </span>
        <span className="flex items-center gap-1.5">
          <span aria-hidden className="hatched size-3 rounded-sm text-bar" /> open
        </span>
      </p>
      {to.length === 0 ? null : (
        <ul aria-label="Certain flips">
          {to.map(({ from, to: outcomes, choice, count }) => (
            <li key={JSON.stringify([from, outcomes, choice])}>
              <span className="text-mono">{formatCount(count)}</span>{' '}
              {choice
                ? `another first candidate, ${outcomeWord(from, names)}`
                : `${outcomeWord(from, names)} → ${outcomes.map((each) => outcomeWord(each, names)).join(' or ')}`}
            </li>
          ))}
        </ul>
      )}
      {causes.length === 0 ? null : (
        <ul aria-label="Open" className="text-ink-muted">
          {causes.map(([cause, count]) => (
            <li key={cause}>
              <span className="text-mono">{formatCount(count)}</span> open: {OPEN_CAUSE_TEXT[cause]}
            </li>
          ))}
        </ul>
      )}
      <p className="text-ink-muted">
        {basis === 'declared'
          ? 'The programs state how their checks decide.'
          : 'Assumed: equal results of rules lead to equal outcomes, as 30 executions or more show, and more failures are not kinder.'}{' '}
        Consequences of decisions are not simulated.
      </p>
      <div className="flex flex-wrap items-center gap-2">
        <span>Confirm by replay, with the changed code:</span>
        <CopyButton text={commands} label="Copy the commands" withLabel />
      </div>
      {/* The keyboard must reach a scrolling box (WCAG 2.1.1). */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} className="text-mono max-w-full overflow-x-auto rounded-md bg-sunken p-3">
        {commands}
      </pre>
    </div>
  );
}
