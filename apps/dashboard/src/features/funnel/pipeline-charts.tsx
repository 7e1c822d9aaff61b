'use client';

import type { NamedChange, PipelineOverview } from '@xray/core';
import { useState } from 'react';
import { layoutLine, pathOf } from '@/components/charts/line';
import { mixVerdicts } from '@/components/charts/outcome-mix';
import { durationTicks } from '@/components/charts/scale';
import { greatestColumn, layoutStack } from '@/components/charts/stack';
import { TimeChart, type BucketRange, type ChartBox } from '@/components/charts/time-chart';
import { toneClass, toneStyle, VerdictMark } from '@/components/verdict-mark';
import { useNames } from '@/lib/dictionary';
import { formatCount, formatDuration, formatShare, formatSharesApart } from '@/lib/format';
import { useOutcomes } from '@/lib/outcomes';
import { statusVerdict, verdictName } from '@/lib/verdict';
import {
  FEW_EXECUTIONS,
  failureRates,
  greatest,
  outcomeRates,
  ratesByTrust,
  reasonShares,
  ruleMarkers,
  totalsOf,
  versionMarkers,
} from './overview-series';

const REASONS_SHOWN = 6;
/** Hues in degrees, away from those of outcomes. */
const REASON_COLORS = [285, 215, 335, 95, 250, 190].map(
  (hue) => `oklch(var(--named-lightness) 0.12 ${hue})`,
);

/** Charts of volume, failures, durations and reasons over time. All read out the same bucket. */
export function PipelineCharts({
  pipeline,
  overview,
  changes,
  selected,
  onSelect,
}: {
  pipeline: string;
  overview: PipelineOverview;
  /** Changes of rules, as marks. */
  changes: readonly NamedChange[];
  selected: BucketRange | null;
  onSelect: (range: BucketRange | null) => void;
}) {
  const names = useNames();
  const [current, setCurrent] = useState<number | null>(null);
  const totals = totalsOf(overview);
  const buckets = {
    fromMs: Date.parse(overview.from),
    bucketMs: overview.bucketMs,
    count: overview.executions.length,
  };
  const markers = [...ruleMarkers(changes, names), ...versionMarkers(overview.versions)];
  const shared = { buckets, markers, current, onCurrent: setCurrent, selected, onSelect };
  const meanings = useOutcomes();
  const outcomes = meanings.sort(pipeline, overview.outcomes, ({ outcome }) => outcome);
  const verdictsOf = mixVerdicts(meanings, pipeline, outcomes);
  const failures = failureRates(overview);
  const { sure, unsure } = ratesByTrust(overview);
  // Rates of few executions do not set the scale.
  const mostSure = greatest(sure) > 0 ? greatest(sure) : greatest(unsure);
  const failed = statusVerdict('failed');
  const reasons = overview.reasons.slice(0, REASONS_SHOWN);
  const shares = reasonShares(reasons);
  const moreReasons = overview.reasons.length + overview.moreReasons - reasons.length;

  const rates = meanings.sort(pipeline, outcomeRates(overview), ({ outcome }) => outcome);

  return (
    <div className="grid gap-x-8 gap-y-5 lg:grid-cols-2">
      <div className="min-w-0 lg:col-span-2">
        <TimeChart
          {...shared}
          title="Share of each outcome"
          heightPx={180}
          most={1}
          formatValue={shareTickText}
          legend={rates.map(({ outcome, total, ...series }) => {
            const verdict = verdictsOf(outcome);
            const at =
              current === null
                ? total
                : {
                    rate: series.rates[current],
                    low: series.lows[current] ?? 0,
                    high: series.highs[current] ?? 1,
                  };
            return {
              key: String(outcome),
              mark: <VerdictMark verdict={verdict} />,
              text: `${verdictName(verdict, names)} ${rateText(at)}`,
            };
          })}
        >
          {(box) =>
            rates.map(({ outcome, sure, unsure, lows, highs }) => {
              const verdict = verdictsOf(outcome);
              return (
                <g key={String(outcome)} className={toneClass(verdict)} style={toneStyle(verdict)}>
                  <Band sure={sure} lows={lows} highs={highs} box={box} />
                  <Dots values={unsure} box={box} />
                  <Line values={sure} box={box} color="currentColor" />
                </g>
              );
            })
          }
        </TimeChart>
      </div>
      <TimeChart
        {...shared}
        title="Executions by outcome"
        most={greatestColumn(
          outcomes.map(({ counts }) => counts),
          buckets.count,
        )}
        formatValue={formatCount}
        legend={outcomes.map(({ outcome, counts }) => {
          const verdict = verdictsOf(outcome);
          const total = totals.outcomes.find((each) => each.outcome === outcome)?.count;
          return {
            key: String(outcome),
            mark: <VerdictMark verdict={verdict} />,
            text: `${verdictName(verdict, names)} ${formatCount(current === null ? total : counts[current])}`,
          };
        })}
      >
        {({ widthPx, heightPx, most }) =>
          layoutStack(
            outcomes.map(({ counts }) => counts),
            { widthPx, heightPx, most },
          ).map(({ series, bucket, x, y, width, height }) => {
            const verdict = verdictsOf(outcomes[series]?.outcome ?? null);
            return (
              <rect
                key={`${series} ${bucket}`}
                x={x}
                y={y}
                width={width}
                height={height}
                fill="currentColor"
                className={toneClass(verdict)}
                style={toneStyle(verdict)}
              />
            );
          })
        }
      </TimeChart>
      <TimeChart
        {...shared}
        title="Failure rate"
        most={mostSure}
        formatValue={shareTickText}
        legend={[
          {
            key: 'failed',
            mark: <VerdictMark verdict={failed} />,
            text:
              current === null
                ? `${formatCount(totals.failed)} failed, ${formatShare(totals.failureRate)}`
                : `${formatCount(overview.failed[current])} of ${formatCount(overview.executions[current])} failed, ${formatShare(failures[current])}`,
          },
          ...(unsure.some((rate) => rate !== null)
            ? [
                {
                  key: 'few',
                  mark: <FewMark />,
                  text: `fewer than ${FEW_EXECUTIONS} executions`,
                },
              ]
            : []),
        ]}
      >
        {(box) => (
          <g className={toneClass(failed)}>
            <Dots values={unsure} box={box} />
            <Line values={sure} box={box} color="currentColor" />
          </g>
        )}
      </TimeChart>
      <TimeChart
        {...shared}
        title="Duration"
        most={greatest([...overview.p50Ms, ...overview.p95Ms])}
        ticksOf={durationTicks}
        formatValue={durationTickText}
        legend={[
          {
            key: 'p95',
            mark: <LineMark color="var(--accent)" />,
            text: `p95 ${formatDuration(current === null ? overview.durations.p95Ms : overview.p95Ms[current])}`,
          },
          {
            key: 'p50',
            mark: <LineMark color="var(--neutral)" dashed />,
            text: `p50 ${formatDuration(current === null ? overview.durations.p50Ms : overview.p50Ms[current])}`,
          },
        ]}
      >
        {(box) => (
          <>
            <Line values={overview.p50Ms} box={box} color="var(--neutral)" dashed />
            <Line values={overview.p95Ms} box={box} color="var(--accent)" />
          </>
        )}
      </TimeChart>
      <TimeChart
        {...shared}
        title="Decisive reasons over time"
        most={reasons.length === 0 ? 0 : 1}
        formatValue={shareTickText}
        empty="No reasons in this time range."
        legend={[
          ...reasons.map(({ reason, total }, index) => ({
            key: reason,
            mark: <ColorMark color={REASON_COLORS[index] ?? 'var(--neutral)'} />,
            text: `${names('reasons', reason)} ${current === null ? formatCount(total) : formatShare(shares[index]?.[current])}`,
          })),
          ...(moreReasons > 0
            ? [{ key: '\nmore', mark: null, text: `and ${formatCount(moreReasons)} more reasons` }]
            : []),
        ]}
      >
        {({ widthPx, heightPx }) =>
          layoutStack(shares, { widthPx, heightPx, most: 1 }).map(
            ({ series, bucket, x, y, width, height }) => (
              <rect
                key={`${series} ${bucket}`}
                x={x}
                y={y}
                width={width}
                height={height}
                fill={REASON_COLORS[series]}
              />
            ),
          )
        }
      </TimeChart>
    </div>
  );
}

/** `62.4% (58.1% to 66.5%)` */
function rateText({
  rate,
  low,
  high,
}: {
  rate: number | null | undefined;
  low: number;
  high: number;
}): string {
  if (rate === null || rate === undefined) return 'none';
  const [from = '', to = ''] = formatSharesApart([low, high]);
  return `${formatShare(rate)} (${from} to ${to})`;
}

/** The intervals around a line, where its buckets have enough executions. */
function Band({
  sure,
  lows,
  highs,
  box,
}: {
  sure: readonly (number | null)[];
  lows: readonly number[];
  highs: readonly number[];
  box: ChartBox;
}) {
  const within = (values: readonly number[]) =>
    layoutLine(
      values.map((value, bucket) => (sure[bucket] === null ? null : value)),
      box,
    );
  const below = within(lows);
  return within(highs).map((run, index) => {
    const [first] = run;
    const back = below[index]?.toReversed() ?? [];
    if (first === undefined || run.length < 2) return null;
    const points = [...run, ...back].map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`);
    return <polygon key={first.x} points={points.join(' ')} fill="currentColor" opacity={0.15} />;
  });
}

function Line({
  values,
  box,
  color,
  dashed = false,
}: {
  values: readonly (number | null)[];
  box: ChartBox;
  color: string;
  dashed?: boolean;
}) {
  return layoutLine(values, box).map((run) => {
    const [first] = run;
    if (first === undefined) return null;
    if (run.length === 1) {
      return <circle key={first.x} cx={first.x} cy={first.y} r={2} fill={color} />;
    }
    return (
      <path
        key={first.x}
        d={pathOf(run)}
        fill="none"
        stroke={color}
        strokeWidth={1.75}
        {...(dashed ? { strokeDasharray: '4 3' } : {})}
      />
    );
  });
}

function LineMark({ color, dashed = false }: { color: string; dashed?: boolean }) {
  return (
    <svg aria-hidden width="18" height="8" className="shrink-0">
      <path
        d="M0 4h18"
        stroke={color}
        strokeWidth="2"
        {...(dashed ? { strokeDasharray: '4 3' } : {})}
      />
    </svg>
  );
}

function ColorMark({ color }: { color: string }) {
  return (
    <span aria-hidden className="size-2.5 shrink-0 rounded-sm" style={{ background: color }} />
  );
}

function durationTickText(ms: number): string {
  return ms === 0 ? '0' : formatDuration(ms).replace(/ 00 \w+$/, '');
}

/** The values of an axis are round, so `.0` is left out. */
function shareTickText(share: number): string {
  return formatShare(share).replace(/[.,]0(?=\D*$)/, '');
}

/** Draws rates of few executions faintly. An arrow at the top edge marks a rate above the scale. */
function Dots({ values, box }: { values: readonly (number | null)[]; box: ChartBox }) {
  return layoutLine(values, box)
    .flat()
    .map(({ x, y, beyond }) =>
      beyond ? (
        <path key={x} d={`M${x - 3} 6L${x} 0L${x + 3} 6Z`} fill="currentColor" opacity={0.4} />
      ) : (
        <circle key={x} cx={x} cy={y} r={2} fill="currentColor" opacity={0.4} />
      ),
    );
}

function FewMark() {
  return (
    <svg aria-hidden width="8" height="8" className="shrink-0 text-failed">
      <circle cx={4} cy={4} r={2.5} fill="currentColor" opacity={0.4} />
    </svg>
  );
}
