import type { Explanation, RuleChange } from '@xray/core';
import { operatorText, ruleTexts } from '@/components/rules/rule-reading';
import { formatNumber, plural } from '@/lib/format';
import { Section } from './section';
import { StepLink, type Place } from './step-link';

type NearMiss = Explanation['nearMiss'];

const UNKNOWN: Record<Exclude<NearMiss['unknown'], null>, string> = {
  no_decision: 'the record states no decision',
  not_finished: 'the execution has not finished',
  human: 'a person had the last word',
  no_rules: 'the record holds no rule that was evaluated for this decision',
  not_linked: 'the record does not tie its rules to this decision',
  other_reasons:
    'the decision also rests on reasons that no failed rule in the record accounts for',
  contradictory: 'a rule is recorded as failed, though its recorded values would pass',
  incomplete: 'a part of the steps was cut or lost, and rules may be missing with it',
};

/** What would have led to another decision, or why that cannot be said. */
export function NearMisses({ nearMiss, at }: { nearMiss: NearMiss; at: Place }) {
  const { unknown, need, changes, moreChanges, unevaluated } = nearMiss;
  if (unknown === 'no_decision') return null;
  return (
    <Section title="What would have changed it">
      {unknown !== null ? (
        <p className="text-sm text-ink-muted">Cannot be said: {UNKNOWN[unknown]}.</p>
      ) : (
        <>
          <p className="text-sm">
            Everything else being as it was,{' '}
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
              Not certain: {[...new Set(unevaluated.map(({ rule }) => rule))].join(', ')} had not
              been evaluated, and could have rejected too.
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
        ; the record does not say which
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
