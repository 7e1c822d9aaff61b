import type { Explanation } from '@xray/core';
import type { ReactNode } from 'react';
import { ExecutionLabel } from '@/components/outcome-label';
import { nameWithCode, useNames } from '@/lib/dictionary';
import { formatCount, formatNumber } from '@/lib/format';
import { CandidateSummaries } from './candidate-summaries';
import { NearMisses } from './near-misses';
import { FailedRules, Reasons, RulesSetAside } from './reasons';
import { Section } from './section';
import { StepLink, type Place } from './step-link';

/** Shows the whole explanation in sections. Empty sections are left out. */
export function ExplanationBody({ app, explanation }: { app: string; explanation: Explanation }) {
  const at = { app, executionId: explanation.executionId };
  return (
    <div className="flex flex-col gap-5 print:gap-3">
      <Decision explanation={explanation} at={at} />
      <Reasons explanation={explanation} at={at} />
      <FailedRules explanation={explanation} at={at} />
      <RulesSetAside explanation={explanation} at={at} />
      <NearMisses nearMiss={explanation.nearMiss} at={at} />
      <CandidateSummaries explanation={explanation} at={at} />
      <InForce explanation={explanation} at={at} />
      <Limits explanation={explanation} />
    </div>
  );
}

interface Part {
  explanation: Explanation;
  at: Place;
}

function Decision({ explanation, at }: Part) {
  const names = useNames();
  const { outcome, status, decidedBy, score, confidence, failure, subjects } = explanation;
  const facts = [
    ...(decidedBy === null
      ? []
      : [
          `decided by ${decidedBy.type} ${decidedBy.id}${decidedBy.version === null ? '' : ` ${decidedBy.version}`}`,
        ]),
    ...(score === null ? [] : [`score ${formatNumber(score)}`]),
    ...(confidence === null ? [] : [`confidence ${formatNumber(confidence)}`]),
    ...(explanation.environment === null ? [] : [explanation.environment]),
    ...(explanation.adverse === true ? ['adverse to the subject'] : []),
  ];
  return (
    <div className="flex flex-col gap-1">
      <p className="flex min-w-0 flex-wrap items-center gap-x-2">
        <ExecutionLabel
          execution={{ pipeline: explanation.pipeline, status, outcome, stale: false }}
          className="text-lg font-semibold [&_svg]:size-4"
        />
        <span className="min-w-0 wrap-anywhere">
          {nameWithCode(names('pipelines', explanation.pipeline), explanation.pipeline)}
          {subjects.length === 0 ? null : (
            <> on {subjects.map(({ type, id }) => `${type} ${id}`).join(', ')}</>
          )}
        </span>
      </p>
      {facts.length === 0 ? null : (
        <p className="text-sm wrap-anywhere text-ink-muted">{facts.join(' · ')}</p>
      )}
      {outcome === null ? (
        <p className="text-sm text-ink-muted">The record states no decision.</p>
      ) : status === 'completed' ? null : (
        <p className="text-sm text-ink-muted">
          {status === 'running' ? 'It has not finished.' : `The execution ended as ${status}.`}{' '}
          Recorded outcome: {outcome}.
        </p>
      )}
      {failure === null ? null : (
        <p className="text-sm wrap-anywhere">
          Step <StepLink at={at} step={failure.step} /> failed
          {failure.type === null && failure.message === null ? '.' : ': '}
          {[failure.type, failure.message].filter(Boolean).join(': ')}
        </p>
      )}
    </div>
  );
}

function InForce({ explanation: { versions, models, moreModels, humans }, at }: Part) {
  const hasHumans = humans.people.length > 0 || humans.involvement !== null;
  if (versions.length === 0 && models.length === 0 && !hasHumans) return null;
  return (
    <Section title="Versions, models and people">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        {versions.map(({ name, version }) => (
          <Fact key={`version ${name}`} name={name}>
            <code className="text-mono">{version}</code>
          </Fact>
        ))}
        {models.length === 0 ? null : (
          <Fact name={models.length === 1 ? 'model' : 'models'}>
            {models
              .map(({ name, version, provider }) =>
                [name, version, provider === null ? null : `(${provider})`]
                  .filter(Boolean)
                  .join(' '),
              )
              .join(', ')}
            {moreModels > 0 ? ` and ${formatCount(moreModels)} more` : ''}
          </Fact>
        )}
        {hasHumans ? (
          <Fact name="people">
            {humans.involvement === null ? null : <>involvement: {humans.involvement}. </>}
            {humans.people.map(({ id, step }, index) => (
              <span key={id}>
                {index === 0 ? '' : ', '}
                {id} {step === null ? '(decided)' : <StepLink at={at} step={step} />}
              </span>
            ))}
            {humans.morePeople > 0 ? ` and ${formatCount(humans.morePeople)} more` : ''}
          </Fact>
        ) : null}
      </dl>
    </Section>
  );
}

function Limits({ explanation: { limits, moreLimits } }: Pick<Part, 'explanation'>) {
  if (limits.length === 0) return null;
  return (
    <Section title="The record is incomplete">
      <p className="text-sm text-ink-muted">
        Some parts were cut or changed. This limits the explanation.
      </p>
      <ul className="text-sm">
        {limits.map(({ kind, path, original, kept }, index) => (
          // Marks may repeat, and their order never changes.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index} className="wrap-anywhere">
            {kind.replaceAll('_', ' ')}
            {path === null ? null : (
              <>
                {' '}
                at <code className="text-mono">{path}</code>
              </>
            )}
            {original === null
              ? null
              : ` (${kept === null ? '' : `${formatCount(kept)} of `}${formatCount(original)})`}
          </li>
        ))}
      </ul>
      {moreLimits > 0 ? (
        <p className="text-sm text-ink-muted">{formatCount(moreLimits)} more are not listed.</p>
      ) : null}
    </Section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="max-w-48 wrap-anywhere text-ink-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  );
}
