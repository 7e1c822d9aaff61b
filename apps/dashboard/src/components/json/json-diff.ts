import type { Json } from '@xray/core';
import { escapePointer } from './json-rows';

/** One difference between two values: where, and what stood there before and after. */
export interface Difference {
  /** JSON Pointer below the two roots. */
  pointer: string;
  kind: 'added' | 'removed' | 'changed';
  before?: Json;
  after?: Json;
}

export interface JsonDiff {
  differences: readonly Difference[];
  /** There are more than were asked for. */
  more: boolean;
}

/**
 * What turns `before` into `after`, at most `maxCount` differences: objects key by key, arrays by what
 * stands between their equal beginnings and ends.
 */
export function diffJson(before: Json, after: Json, maxCount: number): JsonDiff {
  const found: Difference[] = [];
  // One more than wanted tells whether there are more.
  collect(found, before, after, '', maxCount + 1);
  return { differences: found.slice(0, maxCount), more: found.length > maxCount };
}

function collect(
  found: Difference[],
  before: Json,
  after: Json,
  pointer: string,
  max: number,
): void {
  if (found.length >= max) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    collectArray(found, before, after, pointer, max);
  } else if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const below = `${pointer}/${escapePointer(key)}`;
      if (!Object.hasOwn(after, key))
        push(found, max, { pointer: below, kind: 'removed', before: before[key] ?? null });
      else if (!Object.hasOwn(before, key))
        push(found, max, { pointer: below, kind: 'added', after: after[key] ?? null });
      else collect(found, before[key] ?? null, after[key] ?? null, below, max);
    }
  } else if (before !== after) {
    push(found, max, { pointer, kind: 'changed', before, after });
  }
}

function collectArray(
  found: Difference[],
  before: readonly Json[],
  after: readonly Json[],
  pointer: string,
  max: number,
): void {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && isEqual(before[start], after[start])) start += 1;
  let tail = 0;
  while (tail < shorter - start && isEqual(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  const [beforeEnd, afterEnd] = [before.length - tail, after.length - tail];
  for (let index = start; index < Math.max(beforeEnd, afterEnd) && found.length < max; index += 1) {
    const below = `${pointer}/${index}`;
    if (index >= afterEnd)
      push(found, max, { pointer: below, kind: 'removed', before: before[index] ?? null });
    else if (index >= beforeEnd)
      push(found, max, { pointer: below, kind: 'added', after: after[index] ?? null });
    else collect(found, before[index] ?? null, after[index] ?? null, below, max);
  }
}

function push(found: Difference[], max: number, difference: Difference): void {
  if (found.length < max) found.push(difference);
}

function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
  );
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
