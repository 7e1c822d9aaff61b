import type { CandidateAccount, CandidateMiss, Explanation } from '@xray/core';
import { VerdictLabel } from '@/components/verdict-mark';
import { formatApart, formatCount, formatNumber, plural } from '@/lib/format';
import { outcomeVerdict } from '@/lib/verdict';
import { ChangeText } from './near-misses';
import { MoreNote, RuleLine } from './reasons';
import { Section } from './section';
import { StepLink, type Place } from './step-link';

const REASONS_SHOWN = 6;

/** The steps with candidates: counts, rules and near misses. */
export function CandidateSummaries({
  explanation: { candidates, moreCandidates },
  at,
}: {
  explanation: Explanation;
  at: Place;
}) {
  if (candidates.length === 0) return null;
  return (
    <Section title="Candidates">
      <ul className="flex flex-col gap-3">
        {candidates.map((summary) => (
          <li key={summary.path} className="flex flex-col gap-1 text-sm">
            <StepSummary summary={summary} at={at} />
          </li>
        ))}
      </ul>
      {moreCandidates > 0 ? (
        <p className="text-sm text-ink-muted">
          {plural(moreCandidates, 'more step', 'more steps')} that chose among candidates: not
          listed.
        </p>
      ) : null}
    </Section>
  );
}

function StepSummary({ summary, at }: { summary: CandidateAccount; at: Place }) {
  const { step, type, byReason, cutoff, rules, selected, nearMisses, sampled } = summary;
  const more = byReason.length + summary.moreReasons - REASONS_SHOWN;
  const scores = scoreTexts(summary);
  return (
    <>
      <p className="wrap-anywhere">
        Step <StepLink at={at} step={step} />:{' '}
        <strong className="font-semibold">{formatCount(summary.in)}</strong>
        {type === null ? null : ` ${type}`} in,{' '}
        <strong className="font-semibold">{formatCount(summary.out)}</strong> out
        {cutoff === null ? null : (
          <span className="text-ink-muted"> · cutoff {scores(cutoff)}</span>
        )}
      </p>
      {byReason.length === 0 ? null : (
        <p className="wrap-anywhere text-ink-muted">
          rejected because of{' '}
          {byReason
            .slice(0, REASONS_SHOWN)
            .map(({ reason, count }) => `${reason} ${formatCount(count)}`)
            .join(', ')}
          {more > 0 ? ` and ${plural(more, 'more reason')}` : ''}
        </p>
      )}
      {rules.length === 0 ? null : (
        <ul aria-label="Rules checked for the candidates" className="flex flex-col gap-1">
          {rules.map((rule) => (
            <li key={rule.path}>
              <RuleLine rule={rule} at={at} />
            </li>
          ))}
        </ul>
      )}
      <MoreNote count={summary.moreRules} one="more rule" />
      {selected.length === 0 ? null : (
        <p className="wrap-anywhere">
          selected{' '}
          {selected.map(({ id, score }, index) => (
            <span key={id}>
              {index === 0 ? '' : ', '}
              <code className="text-mono">{id}</code>
              {score === null ? null : <span className="text-ink-muted"> at {scores(score)}</span>}
            </span>
          ))}
          {summary.moreSelected > 0 ? ` and ${formatCount(summary.moreSelected)} more` : ''}
        </p>
      )}
      {nearMisses.length === 0 ? null : (
        <ul aria-label="Near misses" className="flex flex-col gap-1 border-l-2 border-line pl-3">
          {nearMisses.map((miss) => (
            <li key={miss.id}>
              <Miss miss={miss} scores={scores} />
            </li>
          ))}
        </ul>
      )}
      {sampled ? (
        <p className="text-ink-muted">
          Not every candidate was recorded individually. The counts are exact.
        </p>
      ) : null}
    </>
  );
}

/** Prints the scores of a step so that scores above and below its cutoff differ. */
function scoreTexts({ cutoff, selected, nearMisses }: CandidateAccount): (score: number) => string {
  const scores = [
    cutoff,
    ...selected.map(({ score }) => score),
    ...nearMisses.flatMap(({ score, rival }) => [score, rival?.score ?? null]),
  ].filter((score) => score !== null);
  const texts = formatApart(scores);
  return (score) => texts[scores.indexOf(score)] ?? formatNumber(score);
}

function Miss({ miss, scores }: { miss: CandidateMiss; scores: (score: number) => string }) {
  const { id, outcome, score, reason, cutoffMargin, rival, change, unevaluated } = miss;
  return (
    <span className="wrap-anywhere">
      <code className="text-mono">{id}</code> <VerdictLabel verdict={outcomeVerdict(outcome)} />
      {reason === null ? null : <> for {reason}</>}
      {score === null ? null : <> at {scores(score)}</>}
      {cutoffMargin === null || cutoffMargin >= 0 ? null : (
        <span className="text-ink-muted">, {formatNumber(-cutoffMargin)} below the cutoff</span>
      )}
      {rival === null ? null : (
        <span className="text-ink-muted">
          ; nearest kept candidate <code className="text-mono">{rival.id}</code> at{' '}
          {scores(rival.score)}
        </span>
      )}
      {change === null ? null : (
        <span className="text-ink-muted">
          ; failed only one rule, needed <ChangeText change={change} />
          {unevaluated > 0 ? ` (${plural(unevaluated, 'other rule')} not evaluated for it)` : ''}
        </span>
      )}
    </span>
  );
}
