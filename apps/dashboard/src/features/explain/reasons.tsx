import type { Evidence, Explanation, RuleEvidence } from '@xray/core';
import { SET_ASIDE_TEXT, SUPPORT_TEXT, ruleResultText } from '@xray/core/explanation-text';
import { RuleBar } from '@/components/rules/rule-bar';
import { relationText, ruleValueText } from '@/components/rules/rule-reading';
import { VerdictMark } from '@/components/verdict-mark';
import { formatCount, formatNumber, plural } from '@/lib/format';
import { ruleVerdict } from '@/lib/verdict';
import { Section } from './section';
import { StepLink, type Place } from './step-link';

interface Part {
  explanation: Explanation;
  at: Place;
}

/** The reasons of the decision, the most important first, each with its evidence. */
export function Reasons({ explanation: { reasons, moreReasons, outcome }, at }: Part) {
  if (reasons.length === 0) {
    return outcome === null ? null : (
      <Section title="Reasons">
        <p className="text-sm text-ink-muted">The record gives no reason for this decision.</p>
      </Section>
    );
  }
  return (
    <Section title={reasons.length === 1 ? 'The reason' : 'Reasons, most important first'}>
      <ol className="flex flex-col gap-2">
        {reasons.map((reason, index) => (
          // Codes may repeat, and their order never changes.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index} className="rounded-md border border-line px-3 py-2">
            <p className="text-sm wrap-anywhere">
              <strong className="font-semibold">{reason.code}</strong>
              {reason.text === null ? null : <> {reason.text}</>}
              {reason.contribution === null ? null : (
                <span className="text-ink-muted"> ({formatNumber(reason.contribution)})</span>
              )}
            </p>
            {SUPPORT_TEXT[reason.support] === null ? null : (
              <p className="text-sm text-ink-muted">{SUPPORT_TEXT[reason.support]}</p>
            )}
            <ul className="flex flex-col gap-1 pt-1">
              {reason.evidence.map((evidence) => (
                <li key={evidence.path}>
                  <EvidenceLine evidence={evidence} at={at} />
                </li>
              ))}
            </ul>
            <MoreNote
              count={reason.moreEvidence}
              one="more piece of evidence"
              many="more pieces of evidence"
            />
          </li>
        ))}
      </ol>
      <MoreNote count={moreReasons} one="more reason" />
    </Section>
  );
}

/** Failed rules that no reason names. */
export function FailedRules({ explanation: { unnamedFailures, moreUnnamedFailures }, at }: Part) {
  if (unnamedFailures.length === 0) return null;
  return (
    <Section title="Failed rules that no reason names">
      <ul className="flex flex-col gap-1">
        {unnamedFailures.map((evidence) => (
          <li key={evidence.path}>
            <RuleLine rule={evidence} at={at} />
          </li>
        ))}
      </ul>
      <MoreNote count={moreUnnamedFailures} one="more failed rule" />
    </Section>
  );
}

/** Rules of the record that the explanation does not use, and why. */
export function RulesSetAside({ explanation: { setAside, moreSetAside }, at }: Part) {
  if (setAside.length === 0) return null;
  return (
    <Section title="Rules not used in this explanation">
      <ul className="flex flex-col gap-1 text-sm">
        {setAside.map(({ step, why, rules, moreRules }) => (
          <li key={`${step.index} ${why}`} className="wrap-anywhere">
            {rules.join(', ')}
            {moreRules > 0 ? ` and ${formatCount(moreRules)} more` : ''}{' '}
            <span className="text-ink-muted">
              in step <StepLink at={at} step={step} />: {SET_ASIDE_TEXT[why]}
            </span>
          </li>
        ))}
      </ul>
      <MoreNote count={moreSetAside} one="more group of rules" many="more groups of rules" />
    </Section>
  );
}

/** The number of entries that a bounded list leaves out; nothing if the list is complete. */
export function MoreNote({ count, one, many }: { count: number; one: string; many?: string }) {
  if (count <= 0) return null;
  return (
    <p className="text-sm text-ink-muted">
      {plural(count, one, many)} {count === 1 ? 'is' : 'are'} not listed.
    </p>
  );
}

function EvidenceLine({ evidence, at }: { evidence: Evidence; at: Place }) {
  if (evidence.kind === 'rule') return <RuleLine rule={evidence} at={at} />;
  return (
    <p className="text-sm wrap-anywhere">
      {evidence.kind === 'factor' ? (
        <>
          {evidence.factor} was{' '}
          <code className="text-mono">{ruleValueText(evidence.value, null)}</code>
        </>
      ) : (
        <>{plural(evidence.count, 'candidate was', 'candidates were')} rejected because of it</>
      )}
      {evidence.step === null ? null : (
        <span className="text-ink-muted">
          {' '}
          in step <StepLink at={at} step={evidence.step} />
        </span>
      )}
    </p>
  );
}

/** `✕ min_score failed · decisive 612 < 660 in step 3 · rules`. */
export function RuleLine({ rule, at }: { rule: RuleEvidence; at: Place }) {
  const verdict = ruleVerdict(rule.result);
  const decided = rule.of === 'candidates' ? (rule.counts?.decisive ?? 0) : 0;
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-2 text-sm">
      <VerdictMark verdict={verdict} />
      <span className="wrap-anywhere">
        {rule.rule} {rule.version}
      </span>
      <span className="text-ink-muted">
        {rule.counts === null && rule.of === 'decision' ? verdict.word : ruleResultText(rule)}
        {decided > 0 ? ` · decided ${plural(decided, 'candidate')}` : null}
        {rule.decisive ? <strong className="font-semibold text-ink"> · decisive</strong> : null}
      </span>
      <span className="text-mono wrap-anywhere">
        {rule.field === null || rule.field === rule.rule ? null : `${rule.field} `}
        {relationText(rule)}
      </span>
      <RuleBar rule={rule} className="w-24" />
      <span className="text-ink-muted">
        in step <StepLink at={at} step={rule.step} />
      </span>
      {rule.agrees === false ? (
        <span className="basis-full pl-5 text-ink-muted">
          The recorded values contradict this result.
        </span>
      ) : null}
    </div>
  );
}
