'use client';

import type { RuleHistory } from '@xray/core';
import { changesOf } from '@xray/core/history-changes';
import { printQueryField, printQueryValue } from '@xray/core/query';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { Boundary } from '@/components/boundary';
import { RuleChangeList } from '@/components/rules/rule-change-list';
import { changeWords, settingText, versionsText } from '@/components/rules/rule-change-text';
import { EmptyState, ErrorState } from '@/components/states';
import { Term } from '@/components/term';
import { AbsoluteTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { useNames } from '@/lib/dictionary';
import { formatCount, formatShare } from '@/lib/format';
import { beforeAndAfterHref, filteredHref, pipelineHref } from '@/lib/links';
import { PipelineGate } from './pipeline-gate';
import { PipelineHead, usePipelineQuestion } from './pipeline-head';
import { rulesQuery } from './pipeline-queries';
import { RowsSkeleton } from './pipeline-skeleton';
import { wholeFilter, type PipelineQuestion } from './question';
import { WhatIf } from './what-if';

/** Shows the rules of one pipeline as they were set, and what changed in them. */
export function RulesPage() {
  return <PipelineGate>{(app, pipeline) => <Rules app={app} pipeline={pipeline} />}</PipelineGate>;
}

function Rules({ app, pipeline }: { app: string; pipeline: string }) {
  const question = usePipelineQuestion();
  const names = useNames();
  const history = useQuery(rulesQuery(app, pipeline, question));
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <PipelineHead
        app={app}
        pipeline={pipeline}
        title={`Rules of ${names('pipelines', pipeline)}`}
        question={question}
      >
        <Button asChild>
          <Link href={pipelineHref(app, pipeline, question.range)} prefetch={false}>
            Rates and steps
          </Link>
        </Button>
      </PipelineHead>
      {history.data !== undefined ? (
        <Boundary
          title="The rules cannot be shown"
          of={history.dataUpdatedAt}
          onRetry={() => history.refetch()}
        >
          <History app={app} history={history.data} question={question} />
        </Boundary>
      ) : history.isError ? (
        <ErrorState
          error={history.error}
          title="The rules could not be loaded"
          onRetry={() => void history.refetch()}
        />
      ) : (
        <RowsSkeleton />
      )}
    </div>
  );
}

function History({
  app,
  history,
  question,
}: {
  app: string;
  history: RuleHistory;
  question: PipelineQuestion;
}) {
  const { pipeline, executions, sampled, rules, moreRules, from, to } = history;
  const changes = changesOf(history);
  if (executions === 0) {
    return (
      <EmptyState title="No executions in this time range">
        Choose a longer time range or a wider filter.
      </EmptyState>
    );
  }
  if (rules.length === 0) {
    return (
      <EmptyState title="No rules recorded">
        <p>
          These executions recorded no rules. A step records them with <code>check</code>.
        </p>
        <p>For records from before rule history, run xray reindex once.</p>
      </EmptyState>
    );
  }
  return (
    <div className="flex flex-col gap-6 py-4">
      {sampled < executions ? (
        <p className="px-4 text-sm text-ink-muted">
          Counts are estimated from a random sample of {formatCount(sampled)} of{' '}
          {formatCount(executions)} executions.
        </p>
      ) : null}
      <section aria-label="What changed" className="flex flex-col gap-2">
        <h2 className="px-4 font-semibold">What changed in the rules</h2>
        {changes.length === 0 ? (
          <p className="px-4 text-sm text-ink-muted">
            No change of a rule or step in this time range. The search begins at{' '}
            <AbsoluteTime iso={from} />.
          </p>
        ) : (
          <RuleChangeList
            changes={changes}
            compareHref={({ at }) =>
              beforeAndAfterHref(app, wholeFilter(pipeline, question), { from, to }, at)
            }
          />
        )}
      </section>
      {rules.map((rule) => (
        <Rule
          key={`${rule.id} ${rule.step}`}
          app={app}
          rule={rule}
          history={history}
          question={question}
        />
      ))}
      {moreRules > 0 ? (
        <p className="px-4 text-sm text-ink-muted">{formatCount(moreRules)} more rules.</p>
      ) : null}
    </div>
  );
}

type HistoryRule = RuleHistory['rules'][number];

function Rule({
  app,
  rule,
  history,
  question,
}: {
  app: string;
  rule: HistoryRule;
  history: RuleHistory;
  question: PipelineQuestion;
}) {
  const { id, step, evaluated, failed, decided, varies, settings, moreSettings, changes } = rule;
  const names = useNames();
  const { pipeline, from, to } = history;
  const within = (term: string) =>
    filteredHref(app, `pipeline:${printQueryValue(pipeline)} ${term}`, { from, to });
  return (
    <section aria-label={`Rule ${id}`} className="flex flex-col gap-1 px-4">
      <h3 className="min-w-0 font-medium wrap-anywhere">
        <Term kind="rules" code={id} />
        {step === null ? null : (
          <span className="font-normal text-ink-muted">
            {' '}
            in <Term kind="steps" code={step} />
          </span>
        )}
      </h3>
      <p className="flex flex-wrap gap-x-4 text-sm text-ink-muted">
        <span>evaluated in {formatCount(evaluated)} executions</span>
        <Link
          href={within(`rule:${printQueryValue(id)}`)}
          prefetch={false}
          className="touch-link text-accent"
        >
          failed in {formatCount(failed)}
        </Link>
        <Link
          href={within(`decisive:${printQueryValue(id)}`)}
          prefetch={false}
          className="touch-link text-accent"
        >
          decided {formatCount(decided)}
        </Link>
        {varies.length === 0 ? null : <span>{varies.join(' and ')} depends on the input</span>}
      </p>
      {changes.length === 0 ? null : (
        <ul className="text-sm">
          {changes.map((change) => (
            <li key={`${change.field} ${change.at} ${change.environment}`}>
              {changeWords({ ...change, rule: id }, names)}{' '}
              <AbsoluteTime iso={change.at} className="text-ink-muted" />
              {change.environment === 'default' ? '' : ` in ${change.environment}`}
              {versionsText(change.versions) === '' ? '' : ` with ${versionsText(change.versions)}`}
              : failed {partText(change.before.failed, change.before.evaluated)} before,{' '}
              {partText(change.after.failed, change.after.evaluated)} after; decided{' '}
              {partText(change.before.decided, change.before.executions)} before,{' '}
              {partText(change.after.decided, change.after.executions)} after
            </li>
          ))}
        </ul>
      )}
      {/* The keyboard must reach a scrolling box (WCAG 2.1.1). */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section tabIndex={0} aria-label={`Settings of ${id}`} className="overflow-x-auto">
        <table className="w-full text-sm">
          <thead className="text-left text-xs text-ink-muted">
            <tr>
              {['Setting', 'Version', 'Effect', 'Environment', 'First seen', 'Last seen'].map(
                (name) => (
                  <th key={name} scope="col" className="pr-4 font-normal whitespace-nowrap">
                    {name}
                  </th>
                ),
              )}
              <th scope="col" className="text-right font-normal">
                Executions
              </th>
            </tr>
          </thead>
          <tbody>
            {settings.map((setting) => (
              <tr key={JSON.stringify(setting)} className="border-t border-line">
                <td className="max-w-80 py-1.5 pr-4 wrap-anywhere">
                  <Setting id={id} setting={setting} hrefOf={within} />
                </td>
                <td className="pr-4">{setting.version ?? '–'}</td>
                <td className="pr-4">{setting.effect ?? '–'}</td>
                <td className="pr-4">{setting.environment}</td>
                <td className="pr-4 whitespace-nowrap">
                  <AbsoluteTime iso={setting.firstAt} />
                </td>
                <td className="pr-4 whitespace-nowrap">
                  <AbsoluteTime iso={setting.lastAt} />
                </td>
                <td className="text-right">{formatCount(setting.executions)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <WhatIf app={app} pipeline={pipeline} rule={rule} question={question} />
      {moreSettings > 0 ? (
        <p className="text-sm text-ink-muted">{formatCount(moreSettings)} more settings.</p>
      ) : null}
    </section>
  );
}

/** `dti <= 0.36`, as a link to the executions that were asked with it. */
function Setting({
  id,
  setting,
  hrefOf,
}: {
  id: string;
  setting: HistoryRule['settings'][number];
  hrefOf: (term: string) => string;
}) {
  const names = useNames();
  const { field, op, threshold, unit } = setting;
  const text = [
    field === null ? null : names('fields', field),
    op,
    threshold === null ? null : settingText(threshold),
    unit === null ? null : names('units', unit),
  ]
    .filter((part) => part !== null)
    .join(' ');
  if (text === '') return <span className="text-ink-muted">no settings recorded</span>;
  if (threshold === null || typeof threshold === 'object') return text;
  const term = `${printQueryField('rule', `${id}.threshold`)}:${printQueryValue(settingText(threshold))}`;
  return (
    <Link
      href={hrefOf(term)}
      prefetch={false}
      className="touch-link inline-block min-h-6 min-w-6 text-accent max-md:min-w-11 hover:underline"
    >
      {text}
    </Link>
  );
}

function partText(count: number, of: number): string {
  return of === 0
    ? 'none'
    : `${formatCount(count)} of ${formatCount(of)} (${formatShare(count / of)})`;
}
