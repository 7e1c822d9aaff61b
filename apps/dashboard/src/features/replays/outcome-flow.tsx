import type { KeyboardEvent } from 'react';
import { mixVerdicts, outcomeWord } from '@/components/charts/outcome-mix';
import { toneClass, toneStyle, VerdictMark } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { useNames } from '@/lib/dictionary';
import { formatCount } from '@/lib/format';
import { useOutcomes } from '@/lib/outcomes';
import { layOutFlow, MAX_FLOW_OUTCOMES, outcomesOf, type Transition } from './flow-layout';

interface FlowProps {
  pipeline: string;
  transitions: readonly Transition[];
  chosen: { was: string | null; is: string | null } | null;
  onChoose: (transition: Transition) => void;
}

const WIDTH = 400;
const HEIGHT = 220;
const BAR = 8;

/** Outcomes before and after: bands on a wide screen, a table on a phone and beyond six outcomes. */
export function OutcomeFlow(props: FlowProps) {
  const isFlow = outcomesOf(props.transitions).length <= MAX_FLOW_OUTCOMES;
  if (!isFlow) return <Matrix {...props} />;
  return (
    <>
      <div className="max-md:hidden">
        <Bands {...props} />
      </div>
      <div className="md:hidden">
        <Matrix {...props} />
      </div>
    </>
  );
}

function Bands({ pipeline, transitions, chosen, onChoose }: FlowProps) {
  const names = useNames();
  const { before, after, bands } = layOutFlow(transitions);
  const verdictOf = mixVerdicts(
    useOutcomes(),
    pipeline,
    outcomesOf(transitions).map((outcome) => ({ outcome })),
  );
  const middle = WIDTH / 2;
  return (
    <div className="grid grid-cols-[minmax(0,auto)_minmax(0,1fr)_minmax(0,auto)] gap-2">
      <Labels nodes={before} pipeline={pipeline} align="right" />
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="h-56 w-full">
        {bands.map((band) => {
          const [from, to] = [band.fromTop * HEIGHT, band.toTop * HEIGHT];
          const height = band.height * HEIGHT;
          const isChosen = chosen !== null && chosen.was === band.was && chosen.is === band.is;
          const verdict = verdictOf(band.is);
          const isChanged = band.was !== band.is;
          const label = `${formatCount(band.count)} ${outcomeWord(band.was, names)} → ${outcomeWord(band.is, names)}`;
          return (
            <path
              key={`${String(band.was)} ${String(band.is)}`}
              // SVG has no button.
              // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
              role="button"
              tabIndex={0}
              aria-pressed={isChosen}
              aria-label={label}
              d={`M${BAR} ${from}C${middle} ${from} ${middle} ${to} ${WIDTH - BAR} ${to}v${height}C${middle} ${to + height} ${middle} ${from + height} ${BAR} ${from + height}Z`}
              fill="currentColor"
              className={cn(
                'cursor-pointer outline-offset-1 hover:opacity-90',
                isChosen ? 'opacity-90' : isChanged ? 'opacity-60' : 'opacity-20',
                toneClass(verdict),
              )}
              style={toneStyle(verdict)}
              onClick={() => onChoose(band)}
              onKeyDown={(event: KeyboardEvent) => {
                if (event.key !== 'Enter' && event.key !== ' ') return;
                event.preventDefault();
                onChoose(band);
              }}
            >
              <title>{label}</title>
            </path>
          );
        })}
        {[before, after].map((nodes, right) =>
          nodes.map(({ outcome, top, height }) => {
            const verdict = verdictOf(outcome);
            return (
              <rect
                key={`${right} ${String(outcome)}`}
                x={right === 1 ? WIDTH - BAR : 0}
                y={top * HEIGHT}
                width={BAR}
                height={height * HEIGHT}
                fill="currentColor"
                className={toneClass(verdict)}
                style={toneStyle(verdict)}
              />
            );
          }),
        )}
      </svg>
      <Labels nodes={after} pipeline={pipeline} align="left" />
    </div>
  );
}

function Labels({
  nodes,
  pipeline,
  align,
}: {
  nodes: ReturnType<typeof layOutFlow>['before'];
  pipeline: string;
  align: 'left' | 'right';
}) {
  const names = useNames();
  const verdictOf = mixVerdicts(
    useOutcomes(),
    pipeline,
    nodes.map(({ outcome }) => ({ outcome })),
  );
  return (
    <ul className={cn('relative h-56 min-w-32 text-sm', align === 'right' && 'text-right')}>
      {nodes.map(({ outcome, count, top, height }) => (
        <li
          key={String(outcome)}
          className={cn(
            'absolute flex max-w-full -translate-y-1/2 items-center gap-1.5 whitespace-nowrap',
            align === 'right' ? 'right-0' : 'left-0',
          )}
          style={{ top: `${Math.min(96, Math.max(4, (top + height / 2) * 100))}%` }}
        >
          <VerdictMark verdict={verdictOf(outcome)} />
          <span className="truncate">{outcomeWord(outcome, names)}</span>
          <span className="text-mono">{formatCount(count)}</span>
        </li>
      ))}
    </ul>
  );
}

function Matrix({ pipeline, transitions, chosen, onChoose }: FlowProps) {
  const names = useNames();
  const order = outcomesOf(transitions);
  const verdictOf = mixVerdicts(
    useOutcomes(),
    pipeline,
    order.map((outcome) => ({ outcome })),
  );
  const sorted = transitions
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => Number(a.was === a.is) - Number(b.was === b.is) || b.count - a.count);
  return (
    <table className="w-full text-sm">
      <thead className="text-left text-xs text-ink-muted">
        <tr>
          <th scope="col" className="py-1 pr-2 font-normal">
            Was → is
          </th>
          <th scope="col" className="text-right font-normal">
            Decisions
          </th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((transition) => {
          const { was, is, count } = transition;
          const isChosen = chosen !== null && chosen.was === was && chosen.is === is;
          return (
            <tr
              key={`${String(was)} ${String(is)}`}
              className={cn('border-t border-line', isChosen && 'bg-accent-soft')}
            >
              <td className="min-w-0">
                <button
                  type="button"
                  aria-pressed={isChosen}
                  onClick={() => onChoose(transition)}
                  className="flex min-h-8 w-full flex-wrap items-center gap-1.5 text-left wrap-anywhere hover:underline max-md:min-h-11"
                >
                  <VerdictMark verdict={verdictOf(was)} />
                  {outcomeWord(was, names)} → <VerdictMark verdict={verdictOf(is)} />
                  {outcomeWord(is, names)}
                </button>
              </td>
              <td className="text-mono text-right">{formatCount(count)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
