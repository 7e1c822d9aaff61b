import type { Explanation, RuleChange } from '@xray/core';
import { UNKNOWN_FLIP_TEXT } from '@xray/core/explanation-text';
import { operatorText, ruleTexts } from '@/components/rules/rule-reading';
import { formatCount, formatNumber, plural } from '@/lib/format';
import { Section } from './section';
import { StepLink, type Place } from './step-link';

type NearMiss = Explanation['nearMiss'];

/** The changes that would have led to another decision, or the reason why none is known. */
export function NearMisses({ nearMiss, at }: { nearMiss: NearMiss; at: Place }) {
  const { unknown, need, changes, moreChanges, unevaluated, moreUnevaluated } = nearMiss;
  if (unknown === 'no_decision') return null;
  return (
    <Section title="What would have changed the decision">
      {unknown !== null ? (
        <p className="text-sm text-ink-muted">
          No other decision can be derived from the record: {UNKNOWN_FLIP_TEXT[unknown]}.
        </p>
      ) : (
        <>
          <p className="text-sm">
            With everything else unchanged,{' '}
            {need === 'all'
              ? 'all of these together'
              : changes.length > 1
                ? 'any one of these'
                : 'this'}
            :
          </p>
          <ul className="flex flex-col gap-1">
            {changes.map((change) => (
              <li key={change.path} className="text-sm">
                <Change change={change} at={at} />
              </li>
            ))}
          </ul>
          {moreChanges > 0 ? (
            <p className="text-sm text-ink-muted">
              {plural(moreChanges, 'more change is', 'more changes are')} not listed.
            </p>
          ) : null}
          {unevaluated.length > 0 ? (
            <p className="text-sm wrap-anywhere text-ink-muted">
              Not certain: these rules were not evaluated and could also have rejected it:{' '}
              {[...new Set(unevaluated.map(({ rule }) => rule))].join(', ')}
              {moreUnevaluated > 0 ? ` and ${formatCount(moreUnevaluated)} more` : ''}.
            </p>
          ) : null}
        </>
      )}
    </Section>
  );
}

function Change({ change, at }: { change: RuleChange; at: Place }) {
  return (
    <span className="wrap-anywhere">
      <ChangeText change={change} />{' '}
      <span className="text-ink-muted">
        ({change.rule} {change.flipsTo === 'pass' ? 'passing' : 'failing'} in step{' '}
        <StepLink at={at} step={change.step} />)
      </span>
    </span>
  );
}

/** `score ≥ 660 instead of 612 (48 away)`. */
export function ChangeText({ change }: { change: RuleChange }) {
  const { field, rule, actual, needs, unit, margin } = change;
  const texts = ruleTexts({ actual, threshold: needs?.value, unit });
  const was = actual === undefined ? null : texts.actual;
  if (needs === null) {
    return (
      <>
        another {field ?? `value of ${rule}`}
        {was === null ? null : (
          <>
            {' '}
            than <code className="text-mono">{was}</code>
          </>
        )}
        ; the record does not say which one
      </>
    );
  }
  return (
    <>
      {field ?? rule}{' '}
      <code className="text-mono font-semibold">
        {operatorText(needs.op)} {texts.threshold}
      </code>
      {was === null ? null : (
        <>
          {' '}
          instead of <code className="text-mono">{was}</code>
        </>
      )}
      {margin === null ? null : (
        <span className="text-ink-muted">, {formatNumber(margin)} away</span>
      )}
    </>
  );
}
