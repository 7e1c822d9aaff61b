import type { Evidence, ExplainedReason, Explanation, RuleEvidence } from '@xray/core';
import { RuleBar } from '@/components/rules/rule-bar';
import { relationText, ruleValueText } from '@/components/rules/rule-reading';
import { VerdictMark } from '@/components/verdict-mark';
import { formatNumber, plural } from '@/lib/format';
import { ruleVerdict } from '@/lib/verdict';
import { Section } from './section';
import { StepLink, type Place } from './step-link';

const SUPPORT: Record<ExplainedReason['support'], string | null> = {
  evidenced: null,
  stated: 'Stated; nothing in the record bears it out.',
  contradicted: 'Stated, but the record speaks against it.',
};

interface Part {
  explanation: Explanation;
  at: Place;
}

/** The reasons that were given, the principal one first, each with what the record holds of it. */
export function Reasons({ explanation: { reasons, moreReasons, outcome }, at }: Part) {
  if (reasons.length === 0) {
    return outcome === null ? null : (
      <Section title="Reasons">
        <p className="text-sm text-ink-muted">The record gives none for this decision.</p>
      </Section>
    );
  }
  return (
    <Section title={reasons.length === 1 ? 'The reason' : 'Reasons, the principal one first'}>
      <ol className="flex flex-col gap-2">
        {reasons.map((reason, index) => (
          // Codes may repeat; their order is the record's and does not change.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index} className="rounded-md border border-line px-3 py-2">
            <p className="text-sm wrap-anywhere">
              <strong className="font-semibold">{reason.code}</strong>
              {reason.text === null ? null : <> {reason.text}</>}
              {reason.contribution === null ? null : (
                <span className="text-ink-muted"> ({formatNumber(reason.contribution)})</span>
              )}
            </p>
            {SUPPORT[reason.support] === null ? null : (
              <p className="text-sm text-ink-muted">{SUPPORT[reason.support]}</p>
            )}
            <ul className="flex flex-col gap-1 pt-1">
              {reason.evidence.map((evidence) => (
                <li key={evidence.path}>
                  <EvidenceLine evidence={evidence} at={at} />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      {moreReasons > 0 ? (
        <p className="text-sm text-ink-muted">
          {plural(moreReasons, 'more reason is', 'more reasons are')} not listed.
        </p>
      ) : null}
    </Section>
  );
}

/** Rules that failed without any reason speaking of them. */
export function FailedRules({ explanation: { unnamedFailures, moreUnnamedFailures }, at }: Part) {
  if (unnamedFailures.length === 0) return null;
  return (
    <Section title="Rules that failed, and that no reason speaks of">
      <ul className="flex flex-col gap-1">
        {unnamedFailures.map((evidence) => (
          <li key={evidence.path}>
            <RuleLine rule={evidence} at={at} />
          </li>
        ))}
      </ul>
      {moreUnnamedFailures > 0 ? (
        <p className="text-sm text-ink-muted">
          {plural(moreUnnamedFailures, 'more is', 'more are')} not listed.
        </p>
      ) : null}
    </Section>
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
        <>{plural(evidence.count, 'candidate was', 'candidates were')} rejected for it</>
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

function RuleLine({ rule, at }: { rule: RuleEvidence; at: Place }) {
  const verdict = ruleVerdict(rule.result);
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-2 text-sm">
      <VerdictMark verdict={verdict} />
      <span className="wrap-anywhere">
        {rule.rule} {rule.version}
      </span>
      <span className="text-ink-muted">
        {verdict.word}
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
          Its recorded values do not bear this out.
        </span>
      ) : null}
    </div>
  );
}
