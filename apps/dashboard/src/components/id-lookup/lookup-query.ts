import type { Lookup } from '@xray/core';
import { queryOptions } from '@tanstack/react-query';
import { questionBounds } from '@/components/time-range/question-range';
import { ALL_TIME, type TimeRange } from '@/components/time-range/time-range';
import { lookUp } from '@/lib/api-client';

/** A longer pause means that the typing of an id has ended. */
const TYPING_PAUSE_MS = 250;
const WEEK: TimeRange = { from: null, to: null };
const ALWAYS: TimeRange = { from: ALL_TIME, to: null };

export const lookupQuery = (app: string, id: string, range: TimeRange) =>
  queryOptions({
    queryKey: ['lookup', app, id, range],
    queryFn: ({ signal }) => lookUp(app, id, questionBounds(range, Date.now()), signal),
  });

/** The kind of a typed id, and where to find its history. */
export interface TypedLookup {
  found: Lookup;
  range: TimeRange;
}

/** Searches once the typing pauses: in the last week, then in all time if nothing was found. */
export const typedLookupQuery = (app: string, id: string) =>
  queryOptions({
    queryKey: ['typed-lookup', app, id],
    queryFn: async ({ signal }): Promise<TypedLookup> => {
      await pause(TYPING_PAUSE_MS, signal);
      const recent = await lookUp(app, id, questionBounds(WEEK, Date.now()), signal);
      if (isKnown(recent)) return { found: recent, range: WEEK };
      const found = await lookUp(app, id, questionBounds(ALWAYS, Date.now()), signal);
      return { found, range: ALWAYS };
    },
    staleTime: 30_000,
  });

/** Whether anything in the app has the id. */
export function isKnown({ execution, candidate, subjects }: Lookup): boolean {
  return execution || candidate > 0 || subjects.some(({ executions }) => executions > 0);
}

/** Ends early with an error when the text changes, because the query of the old text is aborted. */
function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, durationMs);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
