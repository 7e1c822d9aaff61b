'use client';

import { parseQuery } from '@xray/core/query';
import { useQuery } from '@tanstack/react-query';
import { BanIcon, CheckIcon, ChevronDownIcon } from 'lucide-react';
import { useMemo, useState } from 'react';
import { FIELD_TERMS } from '@/components/filter/filter-options';
import { SmallErrorState } from '@/components/states';
import { ALL_TIME, type TimeRange } from '@/components/time-range/time-range';
import { Button } from '@/components/ui/button';
import { Skeleton } from '@/components/ui/skeleton';
import { OutcomeLabel } from '@/components/outcome-label';
import { VerdictLabel } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { nameWithCode, useNames } from '@/lib/dictionary';
import { formatCount } from '@/lib/format';
import { useOutcomes } from '@/lib/outcomes';
import { store, useStored, useZone } from '@/lib/preferences';
import { statusVerdict } from '@/lib/verdict';
import {
  facetGroups,
  pipelineOfFilter,
  toggleFacet,
  type FacetGroup,
  type FacetValue,
} from '@/components/filter/filter-terms';
import { facetsQuery } from '@/components/filter/counts-queries';
import { countedText } from './counted-text';

const SHOWN_AT_FIRST = 6;
const FEW = 10;
const MANY = 100;
const CLOSED_KEY = 'xray.facets.closed';
const NOTHING = { kind: 'and', nodes: [], start: 0, end: 0 } as const;

/**
 * Values in the matching executions, with counts. A click filters by a value, Alt-click excludes
 * it.
 */
export function FacetPanel({
  app,
  q,
  range,
  onChange,
}: {
  app: string;
  q: string;
  range: TimeRange;
  onChange: (q: string) => void;
}) {
  const [values, setValues] = useState(FEW);
  const { data, error, refetch, isPlaceholderData } = useQuery(facetsQuery(app, q, range, values));
  const zone = useZone();
  const closed = (useStored(CLOSED_KEY) ?? '').split(' ').filter(Boolean);
  const meanings = useOutcomes();
  const pipeline = pipelineOfFilter(q);
  const groups = useMemo(() => {
    const read = parseQuery(q);
    const found = facetGroups(data?.items ?? [], read.ok ? read.query : { ...NOTHING, nodes: [] });
    return found.map((group) =>
      group.field === 'outcome'
        ? { ...group, values: meanings.sort(pipeline, group.values, ({ value }) => value) }
        : group,
    );
  }, [data, q, meanings, pipeline]);
  if (error !== null) {
    return (
      <SmallErrorState
        error={error}
        title="The counts could not be loaded"
        className="p-4"
        onRetry={() => void refetch()}
      />
    );
  }
  if (data === undefined) return <FacetSkeleton />;
  return (
    <div aria-busy={isPlaceholderData} className="flex flex-col gap-1 py-2">
      {range.from === ALL_TIME && range.to === null ? (
        <p className="px-4 text-xs text-ink-faint">Counted over the last 7 days</p>
      ) : null}
      {countedText(data, zone).map((text) => (
        <p key={text} className="px-4 text-xs text-ink-faint">
          {text}
        </p>
      ))}
      {groups.map((group) => (
        <Group
          key={group.field}
          group={group}
          pipeline={pipeline}
          open={!closed.includes(group.field)}
          onOpen={(open) =>
            store(
              CLOSED_KEY,
              (open
                ? closed.filter((each) => each !== group.field)
                : [...closed, group.field]
              ).join(' '),
            )
          }
          onMore={() => setValues(MANY)}
          onToggle={(value, exclude) => onChange(toggleFacet(q, group.field, value, exclude))}
        />
      ))}
      {groups.length === 0 ? <p className="px-4 py-2 text-sm text-ink-muted">No facets</p> : null}
    </div>
  );
}

function Group({
  group,
  pipeline,
  open,
  onOpen,
  onMore,
  onToggle,
}: {
  group: FacetGroup;
  /** Null for executions of several pipelines. */
  pipeline: string | null;
  open: boolean;
  onOpen: (open: boolean) => void;
  /** Called if the server has more values. */
  onMore: () => void;
  onToggle: (value: string, exclude: boolean) => void;
}) {
  const [all, setAll] = useState(false);
  const shown = group.values.filter(
    (each, index) => all || index < SHOWN_AT_FIRST || each.state !== null,
  );
  const hidden = group.values.length - shown.length;
  return (
    <section aria-label={group.title}>
      <h2>
        <button
          type="button"
          aria-expanded={open}
          onClick={() => onOpen(!open)}
          className="flex h-7 w-full items-center gap-1 px-4 text-left text-xs font-medium text-ink-muted hover:text-ink focus-visible:-outline-offset-2"
        >
          <span className="min-w-0 flex-1 truncate" title={group.field}>
            {group.title}
          </span>
          <ChevronDownIcon aria-hidden className={cn('size-3.5', !open && '-rotate-90')} />
        </button>
      </h2>
      {open ? (
        <>
          <ul>
            {shown.map((each) => (
              <Value
                key={each.value}
                field={group.field}
                pipeline={pipeline}
                value={each}
                onToggle={(exclude) => onToggle(each.value, exclude)}
              />
            ))}
          </ul>
          {hidden + group.more > 0 && !all ? (
            <Button
              variant="ghost"
              size="sm"
              className="ml-2"
              aria-label={`${formatCount(hidden + group.more)} more of ${group.title}`}
              onClick={() => {
                setAll(true);
                if (group.more > 0) onMore();
              }}
            >
              {formatCount(hidden + group.more)} more
            </Button>
          ) : all && group.more > 0 ? (
            <p className="px-4 py-1 text-xs text-ink-faint">
              {formatCount(group.more)} more values. To filter by one, write{' '}
              <code className="text-mono text-[11px]">{group.field}:</code>
            </p>
          ) : null}
        </>
      ) : null}
    </section>
  );
}

function Value({
  field,
  pipeline,
  value: { value, count, state },
  onToggle,
}: {
  field: string;
  pipeline: string | null;
  value: FacetValue;
  onToggle: (exclude: boolean) => void;
}) {
  const names = useNames();
  const kind = FIELD_TERMS[field];
  const name = kind === undefined ? value : names(kind, value);
  return (
    <li className="group/value relative flex items-center">
      <button
        type="button"
        aria-pressed={state === 'included'}
        title={`${nameWithCode(name, value)}: click to filter by it, Alt-click to exclude it`}
        onClick={(event) => onToggle(event.altKey || state === 'excluded')}
        className={cn(
          'flex h-7 w-full min-w-0 items-center gap-1.5 pr-4 pl-2 text-left text-sm hover:bg-hover focus-visible:-outline-offset-2',
          state === 'included' && 'bg-accent-soft font-medium hover:bg-accent-soft',
        )}
      >
        <span aria-hidden className="flex w-4 shrink-0 justify-center">
          {state === 'included' ? <CheckIcon className="size-3.5 text-accent" /> : null}
          {state === 'excluded' ? <BanIcon className="size-3.5 text-negative" /> : null}
        </span>
        <span className={cn('min-w-0 flex-1 truncate', state === 'excluded' && 'line-through')}>
          {field === 'outcome' ? (
            <OutcomeLabel pipeline={pipeline} outcome={value} />
          ) : field === 'status' ? (
            <VerdictLabel verdict={statusVerdict(value as never)} />
          ) : value === '' ? (
            <em>empty</em>
          ) : (
            name
          )}
          {state === 'excluded' ? <span className="sr-only"> excluded</span> : null}
        </span>{' '}
        <span className="shrink-0 text-xs text-ink-faint group-focus-within/value:invisible group-hover/value:invisible">
          {count === null ? '' : formatCount(count)}
        </span>
      </button>
      {state === 'excluded' ? null : (
        <button
          type="button"
          aria-label={`Exclude ${name}`}
          title="Exclude"
          onClick={() => onToggle(true)}
          className="absolute right-2.5 flex size-6 items-center justify-center rounded text-ink-muted opacity-0 group-hover/value:opacity-100 hover:text-ink focus-visible:opacity-100"
        >
          <BanIcon aria-hidden className="size-3.5" />
        </button>
      )}
    </li>
  );
}

const SKELETON_ROWS = Array.from({ length: 10 }, (_, index) => index);

function FacetSkeleton() {
  return (
    <div aria-busy="true" className="flex flex-col gap-3 p-4">
      {SKELETON_ROWS.map((row) => (
        <Skeleton key={row} className={cn('h-3', row % 5 === 0 ? 'w-16' : 'w-full')} />
      ))}
    </div>
  );
}
