'use client';

import { useQueries, useQuery } from '@tanstack/react-query';
import {
  ALL_TIME,
  DEFAULT_FROM,
  boundsOf,
  rangeText,
  type TimeRange,
} from '@/components/time-range/time-range';
import { Onboarding } from '@/components/onboarding';
import { EmptyState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { listExecutions } from '@/lib/api-client';
import { recentExecutionsQuery } from '@/lib/queries';
import { useZone } from '@/lib/preferences';
import { filtersWithoutOnePart } from '@/components/filter/filter-terms';

const MAX_TRIED = 8;

interface Change {
  q: string;
  range: TimeRange;
  said: string;
}

interface NothingProps {
  app: string;
  q: string;
  range: TimeRange;
  onChange: (change: { q: string; from: string | null; to: string | null }) => void;
}

/** What to do where there is nothing: send a first execution, or ask for less. */
export function NothingListed(props: NothingProps) {
  const { app, q } = props;
  const isOpen = q === '';
  const any = useQuery({ ...recentExecutionsQuery(app, 1), enabled: isOpen });
  if (isOpen && any.isPending) return null;
  if (isOpen && any.data?.items.length === 0) {
    return (
      <Onboarding
        app={app}
        waitingFor="Waiting for your first execution: it will appear here by itself."
      />
    );
  }
  return <NothingFound {...props} />;
}

/** Why there may be nothing: which part of the filter to drop, or how far to look, tried out on the server. */
function NothingFound({ app, q, range, onChange }: NothingProps) {
  const zone = useZone();
  const changes = changesOf(q, range);
  const tried = useQueries({
    queries: changes.map((change) => ({
      queryKey: ['would-find', app, change.q, change.range],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        listExecutions(
          app,
          { q: change.q, ...boundsOf(change.range, Date.now()), limit: 1 },
          signal,
        ),
    })),
  });
  const helpful = changes.filter((_, index) => (tried[index]?.data?.items.length ?? 0) > 0);
  const isTrying = tried.some((each) => each.isPending);
  return (
    <EmptyState title="No execution matches">
      <p className="mb-3">
        {q === '' ? 'There is nothing' : 'Nothing fits this filter'} in this time (
        {rangeText(range, zone)}).
      </p>
      {helpful.length > 0 ? (
        <>
          <p className="mb-1">There would be some</p>
          <ul className="flex flex-col items-start gap-1.5">
            {helpful.map((change) => (
              <li key={change.said} className="max-w-full">
                <Button
                  className="h-auto min-h-8 max-w-full text-left whitespace-normal wrap-anywhere"
                  onClick={() => onChange({ q: change.q, ...change.range })}
                >
                  {change.said}
                </Button>
              </li>
            ))}
          </ul>
        </>
      ) : isTrying ? (
        <output>Looking for what to drop…</output>
      ) : (
        <Button onClick={() => onChange({ q: '', from: ALL_TIME, to: null })}>
          Remove the filter, at any time
        </Button>
      )}
    </EmptyState>
  );
}

function changesOf(q: string, range: TimeRange): Change[] {
  const parts = filtersWithoutOnePart(q).slice(0, MAX_TRIED);
  const wider: Change[] =
    range.from === ALL_TIME && range.to === null
      ? []
      : [{ q, range: { from: ALL_TIME, to: null }, said: 'at any other time' }];
  const recent: Change[] =
    range.to === null
      ? []
      : [{ q, range: { from: DEFAULT_FROM, to: null }, said: 'in the last 24 h' }];
  return [
    ...parts.map(({ dropped, rest }) => ({ q: rest, range, said: `without ${dropped}` })),
    ...recent,
    ...wider,
  ];
}
