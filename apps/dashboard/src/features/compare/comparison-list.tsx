// The list renders only the visible rows.
/* oxlint-disable react/incompatible-library */
'use client';

import type { ComparedStep, Comparison } from '@xray/core';
import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronRightIcon } from 'lucide-react';
import { useCallback, useMemo, useRef, useState } from 'react';
import { Term } from '@/components/term';
import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { useNames } from '@/lib/dictionary';
import { plural } from '@/lib/format';
import { useHotkeys } from '@/lib/hotkeys';
import { executionQuery } from '@/lib/queries';
import { compareRows, estimatedHeightPx, type CompareRow } from './compare-rows';
import { differenceText } from './difference-text';
import { StepDifference } from './step-difference';

const NO_ROW = -1;

/** The aligned steps of both. Equal runs are folded. */
export function ComparisonList({ app, comparison }: { app: string; comparison: Comparison }) {
  const [openRuns, setOpenRuns] = useState<ReadonlySet<string>>(new Set());
  const scrollRef = useRef<HTMLElement>(null);
  // The comparison lacks the names of equal steps. They are loaded when a run is opened.
  const whole = useQuery({
    ...executionQuery(app, comparison.a.executionId),
    enabled: openRuns.size > 0,
  });
  const stepsOfA = useMemo(
    () =>
      (whole.data?.snapshot.steps ?? [])
        .map(({ name, sequence }, index) => ({ name, sequence: sequence ?? index, index }))
        .toSorted((left, right) => left.sequence - right.sequence),
    [whole.data],
  );
  const rows = useMemo(
    () => compareRows(comparison, openRuns, stepsOfA),
    [comparison, openRuns, stepsOfA],
  );
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: (index) => estimatedHeightPx(rows[index]),
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    overscan: 6,
    gap: 8,
    paddingStart: 12,
    paddingEnd: 12,
  });
  const [current, setCurrent] = useState(NO_ROW);
  const goTo = (row: number) => {
    if (row < 0) return;
    setCurrent(row);
    virtualizer.scrollToIndex(row, { align: 'start' });
  };
  const next = () => goTo(rows.findIndex((row, at) => at > current && row.kind === 'step'));
  const previous = () => goTo(rows.findLastIndex((row, at) => at < current && row.kind === 'step'));
  useHotkeys({ n: next, N: previous });
  const toggle = (key: string) => {
    const open = new Set(openRuns);
    if (!open.delete(key)) open.add(key);
    setOpenRuns(open);
  };

  const partingRow = rows.findIndex((row) => row.kind === 'step' && row.isParting);
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-y border-line bg-canvas px-4 py-2 text-sm">
        <Lead comparison={comparison} />
        <div className="ml-auto flex shrink-0 gap-2 print:hidden">
          {partingRow < 0 || comparison.firstDivergence === null ? null : (
            <Button size="sm" onClick={() => goTo(partingRow)}>
              Go to the first divergence
            </Button>
          )}
          {comparison.firstDivergence === null ? null : (
            <>
              <Button size="sm" title="Key: N" onClick={previous}>
                Previous
              </Button>
              <Button size="sm" title="Key: n" onClick={next}>
                Next difference
              </Button>
            </>
          )}
        </div>
      </div>
      <section
        ref={scrollRef}
        aria-label="Compared steps"
        // The keyboard must reach a scrolling box (WCAG 2.1.1).
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="min-h-0 flex-1 overflow-y-auto bg-canvas px-4 focus-visible:-outline-offset-2"
      >
        <ol className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <li
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                aria-current={item.index === current ? 'true' : undefined}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Row
                  app={app}
                  comparison={comparison}
                  row={row}
                  isReading={whole.isFetching}
                  onToggle={toggle}
                />
              </li>
            );
          })}
        </ol>
        {comparison.moreSteps > 0 ? (
          <p className="pb-4 text-sm text-ink-muted">
            {plural(
              comparison.moreSteps,
              'more step that differs is',
              'more steps that differ are',
            )}{' '}
            not listed.
          </p>
        ) : null}
      </section>
    </>
  );
}

/** Shows where the two diverge, then where the first value differs. */
function Lead({ comparison }: { comparison: Comparison }) {
  const { firstDivergence, partsAt, same } = comparison;
  if (firstDivergence === null) {
    return (
      <p className="min-w-0 font-medium">
        {same
          ? 'The two executions are equal, except for times and numbering.'
          : 'All steps are equal.'}
      </p>
    );
  }
  if (partsAt === null && firstDivergence.onlyIncidental) {
    return <p className="min-w-0 font-medium">The steps differ only in subjects, ids and times.</p>;
  }
  const isOnePlace =
    partsAt !== null &&
    partsAt.a?.index === firstDivergence.a?.index &&
    partsAt.b?.index === firstDivergence.b?.index;
  return (
    <div className="flex min-w-0 flex-col">
      {partsAt === null || isOnePlace ? null : <Difference name="they diverge at" at={partsAt} />}
      <Difference
        name={isOnePlace ? 'they diverge at the first difference' : 'first difference'}
        at={firstDivergence}
      />
    </div>
  );
}

function Difference({ name, at }: { name: string; at: ComparedStep }) {
  const { step, subject, what } = differenceText(at, useNames());
  return (
    <p className="min-w-0 wrap-anywhere">
      <span className="text-ink-muted">{name}:</span>{' '}
      <strong className="font-semibold">{step}</strong>
      {subject === null ? null : <span> · {subject}</span>}{' '}
      <code className="text-mono">{what}</code>
    </p>
  );
}

function Row({
  app,
  comparison,
  row,
  isReading,
  onToggle,
}: {
  app: string;
  comparison: Comparison;
  row: CompareRow;
  isReading: boolean;
  onToggle: (key: string) => void;
}) {
  if (row.kind === 'step') {
    const { step, isFirst, isParting } = row;
    return (
      <StepDifference
        app={app}
        a={comparison.a.executionId}
        b={comparison.b.executionId}
        step={step}
        isFirst={isFirst}
        isParting={isParting}
      />
    );
  }
  if (row.kind === 'equal-step') {
    return (
      <p className="-my-1 flex gap-2 px-10 text-sm text-ink-muted">
        <span className="text-ink-faint">{row.step.sequence}</span>
        <span className="wrap-anywhere">
          <Term kind="steps" code={row.step.name} />
        </span>
      </p>
    );
  }
  const { run, open, key } = row;
  return (
    <button
      type="button"
      aria-expanded={open}
      onClick={() => onToggle(key)}
      className="flex h-8 w-full items-center gap-2 rounded-md border border-dashed border-line-strong px-3 text-left text-sm text-ink-muted hover:bg-hover hover:text-ink"
    >
      <ChevronRightIcon aria-hidden className={cn('size-4 shrink-0', open && 'rotate-90')} />
      <span className="shrink-0">{plural(run.count, 'equal step')}</span>
      <span className="min-w-0 truncate text-ink-faint">
        {open && isReading ? 'loading…' : run.count === 1 ? run.a?.name : `from ${run.a?.name}`}
      </span>
    </button>
  );
}
