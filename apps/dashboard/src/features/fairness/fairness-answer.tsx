import type { Fairness } from '@xray/core';
import type { ReactNode } from 'react';
import { useNames } from '@/lib/dictionary';
import { formatCount, formatShare, plural } from '@/lib/format';

const HEAD = 'px-2 py-1 text-left font-normal text-ink-muted';
const CELL = 'px-2 py-1.5 align-top';
const NUMBER = 'px-2 py-1.5 text-right align-top text-mono whitespace-nowrap';
const RULE = 'https://www.ecfr.gov/current/title-29/subtitle-B/chapter-XIV/part-1607';

type Group = Fairness['groups'][number];
type Ratio = Group['impact'];

/** Rates and ratios by group, and what they do and do not say. */
export function FairnessAnswer({ answer }: { answer: Fairness }) {
  const { groups, withheld, least, outcome, within, strata, withheldStrata } = answer;
  const names = useNames();
  const favourable = outcome === null ? 'not adverse' : names('outcomes', outcome);
  return (
    <div className="flex flex-col gap-6 p-4">
      <p className="text-sm text-ink-muted">
        {plural(answer.executions, 'decision')} from {answer.from.slice(0, 10)} to{' '}
        {answer.to.slice(0, 10)} (UTC). Favourable: {favourable}.
      </p>
      {answer.warnings.map(({ code, message }) => (
        <p key={code} className="rounded-md bg-warn-soft px-3 py-2 text-sm">
          {message}
        </p>
      ))}
      {groups.length === 0 ? null : (
        <Table label="Groups">
          <thead>
            <tr className="border-b border-line">
              <th className={HEAD}>Group</th>
              <th className={`${HEAD} text-right`}>Favourable</th>
              <th className={`${HEAD} text-right`}>Rate (95 %)</th>
              <th className={`${HEAD} text-right`}>Impact ratio (95 %)</th>
              {within.length === 0 ? null : (
                <th className={`${HEAD} text-right`}>Within {within.join(', ')}</th>
              )}
              <th className={HEAD}>Finding</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.group} className="border-b border-line last:border-0">
                <th scope="row" className={`${CELL} text-left font-medium wrap-anywhere`}>
                  {nameOf(group.group)}
                </th>
                <td className={NUMBER}>
                  {formatCount(group.favourable.count)} of {formatCount(group.favourable.of)}
                </td>
                <td className={NUMBER}>
                  {formatShare(group.favourable.rate)}{' '}
                  <span className="text-ink-muted">
                    {formatShare(group.favourable.low)} – {formatShare(group.favourable.high)}
                  </span>
                </td>
                <td className={NUMBER}>
                  {group.isReference ? 'reference' : <RatioText ratio={group.impact} />}
                </td>
                {within.length === 0 ? null : (
                  <td className={NUMBER}>
                    {group.withinFactors === null ? '–' : <RatioText ratio={group.withinFactors} />}
                  </td>
                )}
                <td className={`${CELL} min-w-40`}>{findingOf(group)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {withheld.length > 0 ? (
        <p className="text-sm text-ink-muted">
          Withheld, because they have fewer than {least} decisions:{' '}
          {withheld.map(nameOf).join(', ')}.
        </p>
      ) : null}
      {strata.length > 0 ? (
        <section aria-label="Strata" className="flex flex-col gap-3">
          <h2 className="font-semibold">Among equal {within.join(', ')}</h2>
          {strata.map(({ values, groups: members, withheld: few }) => (
            <Table key={JSON.stringify(values)} label={stratumName(values)}>
              <caption className="px-2 py-1 text-left text-sm font-medium wrap-anywhere">
                {stratumName(values)}
                {few > 0 ? (
                  <span className="font-normal text-ink-muted"> · {few} small withheld</span>
                ) : null}
              </caption>
              <tbody>
                {members.map(({ group, favourable: rate, impact }) => (
                  <tr key={group} className="border-t border-line">
                    <th scope="row" className={`${CELL} text-left font-normal wrap-anywhere`}>
                      {nameOf(group)}
                    </th>
                    <td className={NUMBER}>
                      {formatCount(rate.count)} of {formatCount(rate.of)}
                    </td>
                    <td className={NUMBER}>{formatShare(rate.rate)}</td>
                    <td className={NUMBER}>
                      <RatioText ratio={impact} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </Table>
          ))}
        </section>
      ) : null}
      {withheldStrata > 0 ? (
        <p className="text-sm text-ink-muted">
          {plural(withheldStrata, 'further stratum', 'further strata')} had fewer than two groups of{' '}
          {least} decisions. They count in the pooled ratio and are not shown.
        </p>
      ) : null}
      <Limits />
    </div>
  );
}

/** What the figures do and do not say. */
function Limits() {
  return (
    <section aria-label="How to read this" className="max-w-prose text-sm text-ink-muted">
      <h2 className="font-semibold text-ink">How to read this</h2>
      <ul className="list-disc pl-5">
        <li>
          The impact ratio is a group’s rate divided by the highest rate. Below 0.8 it is marked:
          the four-fifths rule of the{' '}
          <a href={RULE} rel="noopener noreferrer" className="underline">
            EEOC Uniform Guidelines, 29 CFR 1607.4(D)
          </a>
          . It is a rule of thumb of US employment law.
        </li>
        <li>
          It does not say that a decision was unlawful, or lawful, and it does not say why groups
          differ.
        </li>
        <li>
          “Beyond chance” is a p-value below 0.05, corrected for the number of groups. Without it,
          look at more decisions.
        </li>
        <li>
          A gap that disappears within equal factors goes with these factors. X-Ray cannot know
          whether they are legitimate.
        </li>
        <li>It counts decisions, not people.</li>
      </ul>
    </section>
  );
}

function Table({ label, children }: { label: string; children: ReactNode }) {
  return (
    // A scrolling box without focusable content must be focusable itself (WCAG 2.1.1).
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section tabIndex={0} aria-label={label} className="overflow-x-auto">
      <table className="w-full min-w-[34rem] text-sm">{children}</table>
    </section>
  );
}

function RatioText({ ratio: { ratio, low, high } }: { ratio: Ratio }) {
  if (ratio === null) return '–';
  return (
    <>
      {ratio.toFixed(2)}{' '}
      <span className="text-ink-muted">
        {(low ?? 0).toFixed(2)} – {high === null ? '∞' : high.toFixed(2)}
      </span>
    </>
  );
}

function findingOf({ isReference, belowFourFifths, beyondChance, withinFactors }: Group): string {
  if (isReference) return 'highest rate';
  if (!belowFourFifths) return beyondChance ? 'lower beyond chance, above 4/5' : 'above 4/5';
  const within =
    withinFactors === null
      ? ''
      : withinFactors.belowFourFifths
        ? '; also within the factors'
        : '; not within the factors';
  return `▼ below 4/5, ${beyondChance ? 'beyond chance' : 'may be chance'}${within}`;
}

function nameOf(group: string | null): string {
  return group ?? 'no value';
}

function stratumName(values: Record<string, string | null>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}: ${nameOf(value)}`)
    .join(', ');
}
