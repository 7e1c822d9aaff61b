'use client';

import { useQueries, useQuery } from '@tanstack/react-query';
import { questionBounds } from '@/components/time-range/question-range';
import { ALL_TIME, boundsOf, rangeText, type TimeRange } from '@/components/time-range/time-range';
import { Onboarding } from '@/components/onboarding';
import { EmptyState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { ApiError, getHistogram, listExecutions } from '@/lib/api-client';
import { plural } from '@/lib/format';
import { recentExecutionsQuery } from '@/lib/queries';
import { useZone } from '@/lib/preferences';
import { changesOf } from './wider-filters';

interface NothingProps {
  app: string;
  q: string;
  range: TimeRange;
  onChange: (change: { q: string; from: string | null; to: string | null }) => void;
}

/** Shown for an empty list: how to send a first execution, or a wider filter. */
export function NothingListed(props: NothingProps) {
  const { app, q } = props;
  const isOpen = q === '';
  const any = useQuery({ ...recentExecutionsQuery(app, 1), enabled: isOpen });
  if (isOpen && any.isPending) return null;
  if (isOpen && any.data?.items.length === 0) {
    return (
      <Onboarding
        app={app}
        waitingFor="Waiting for your first execution. It will appear here automatically."
      />
    );
  }
  return <NothingFound {...props} />;
}

/** Suggests a longer time first, then the filter without one of its parts. Each suggestion is tried. */
function NothingFound({ app, q, range, onChange }: NothingProps) {
  const zone = useZone();
  const changes = changesOf(q, range);
  const tried = useQueries({
    queries: changes.map(({ q: changed, range: wider }) => ({
      queryKey: ['would-find', app, changed, wider],
      queryFn: async ({ signal }: { signal: AbortSignal }) =>
        await countFound(app, changed, wider, signal),
    })),
  });
  const helpful = changes.flatMap((change, index) => {
    const found = tried[index]?.data;
    return found === undefined || found === 0 ? [] : [{ ...change, found }];
  });
  const wider = helpful.filter((change) => change.q === q);
  const shown = [
    ...wider.slice(0, 1),
    ...(wider.length > 1 ? wider.slice(-1) : []),
    ...helpful.filter((change) => change.q !== q),
  ];
  const isTrying = tried.some((each) => each.isPending);
  return (
    <EmptyState title="No execution matches">
      <p className="mb-3">
        {q === '' ? 'No executions' : 'No execution matches this filter'} in this time range (
        {rangeText(range, zone)}).
      </p>
      {shown.length > 0 ? (
        <ul aria-label="Suggestions" className="flex flex-col items-start gap-1.5">
          {shown.map((change) => (
            <li key={change.label} className="max-w-full">
              <Button
                className="h-auto max-w-full min-h-8 max-md:min-h-10 text-left whitespace-normal wrap-anywhere"
                onClick={() => onChange({ q: change.q, ...change.range })}
              >
                {change.label}: {change.found === null ? 'some' : plural(change.found, 'execution')}
              </Button>
            </li>
          ))}
        </ul>
      ) : isTrying ? (
        <output>Looking for a filter with results…</output>
      ) : (
        <Button onClick={() => onChange({ q: '', from: ALL_TIME, to: null })}>
          All executions, all time
        </Button>
      )}
    </EmptyState>
  );
}

/** The number of results. Null if there are some and the server does not count them all. */
async function countFound(
  app: string,
  q: string,
  range: TimeRange,
  signal: AbortSignal,
): Promise<number | null> {
  const { items } = await listExecutions(
    app,
    { q, ...boundsOf(range, Date.now()), limit: 1 },
    signal,
  );
  if (items.length === 0) return 0;
  try {
    const counts = { q, ...questionBounds(range, Date.now()), by: 'status', buckets: 1 } as const;
    const { total, counted } = await getHistogram(app, counts, signal);
    return counted ? null : Math.max(1, total);
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}
