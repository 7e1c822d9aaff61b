import {
  FIRST_INSTANT_MS,
  LAST_INSTANT_MS,
  startedBounds,
  storableInstant,
  type QueryNode,
} from '@xray/core';
import { DomainError } from '../errors.js';

/** The range of a question without a beginning. */
const DEFAULT_RANGE_MS = 7 * 86_400_000;

/** The requested instant, or the nearest one that can be stored. */
export function instantOf(text: string): Date;
export function instantOf(text: string | undefined): Date | undefined;
export function instantOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  return new Date(storableInstant(Date.parse(text)));
}

/**
 * The range of a question, limited by the filter's `started:` conditions. If those leave nothing,
 * it is a single instant. Throws a DomainError if the question's own range is empty.
 */
export function rangeOf(
  query: { from?: string | undefined; to?: string | undefined },
  filter: QueryNode,
  now: number,
): { from: Date; to: Date } {
  const bounds = boundsOf(filter, now);
  const askedFrom = instantOf(query.from)?.getTime() ?? -Infinity;
  const askedTo = instantOf(query.to)?.getTime() ?? Infinity;
  if (askedFrom >= askedTo) {
    throw new DomainError('invalid', 'from must be before to.', [
      { path: 'from', code: 'empty_range' },
    ]);
  }
  const to = Math.min(askedTo, bounds.to);
  const end = to === Infinity ? Math.max(now, askedFrom) : to;
  const from = Math.max(askedFrom, bounds.from);
  const start = Math.max(from === -Infinity ? end - DEFAULT_RANGE_MS : from, FIRST_INSTANT_MS);
  return {
    from: new Date(start),
    to: new Date(Math.max(start + 1, Math.min(end, LAST_INSTANT_MS))),
  };
}

function boundsOf(filter: QueryNode, now: number): { from: number; to: number } {
  if (filter.kind === 'started') return startedBounds(filter, now);
  if (filter.kind !== 'and') return { from: -Infinity, to: Infinity };
  const parts = filter.nodes.map((node) => boundsOf(node, now));
  return {
    from: Math.max(-Infinity, ...parts.map(({ from }) => from)),
    to: Math.min(Infinity, ...parts.map(({ to }) => to)),
  };
}
