import { isNumber } from './exact-json.js';
import type { Json, Snapshot } from './snapshot.js';
import { stepsInOrder } from './step-order.js';

/**
 * Whether a difference follows from the subjects, ids or times, which differ between any two executions.
 * Such a difference explains nothing.
 */
export type IsIncidental = (path: string, a: Json | undefined, b: Json | undefined) => boolean;

/** Shorter ids are too common to search for inside other texts. */
const MIN_INNER_LENGTH = 3;
const MAX_TEXT_LENGTH = 1_000;
const MAX_IDS = 100;
const MAX_INNER_IDS = 16;

const ID_NAME = /^(?:id|uuid|guid)$|(?:Id|ID|Uuid|UUID|[_-](?:id|uuid))$/;
const REQUEST_ID_NAME =
  /^(?:request|correlation|trace|span|session|execution|transaction|message|event|run)[_-]?(?:id|uuid)$/i;
const DURATION_NAME = /^(?:duration|elapsed|latency)|(?:Ms|_ms|Millis)$/i;
const TIME_NAME = /(?:At|_at|time|timestamp|date)$/i;
/** An RFC 3339 time, or a date alone. */
const INSTANT = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;
/** The time 2001-09-09 in seconds since 1970. Smaller numbers are not taken for times. */
const MIN_EPOCH_SECONDS = 1e9;

/** Recognizes the differences of two executions that follow from the subject, an id or the clock. */
export function incidentalBetween(a: Snapshot, b: Snapshot): IsIncidental {
  const [left, right] = [idsOf(a), idsOf(b)];
  return (path, before, after) => {
    if (!isScalar(before) || !isScalar(after)) return false;
    const name = nameOf(path);
    if (REQUEST_ID_NAME.test(name)) return true;
    if (left.all.has(String(before)) && right.all.has(String(after))) return true;
    if (isNumber(before) && isNumber(after)) {
      if (DURATION_NAME.test(name)) return true;
      return TIME_NAME.test(name) && Math.min(before, after) >= MIN_EPOCH_SECONDS;
    }
    if (typeof before !== 'string' || typeof after !== 'string') return false;
    if (INSTANT.test(before) && INSTANT.test(after)) return true;
    return isSameButFor(before, left.inner, after, right.inner);
  };
}

interface Ids {
  all: Set<string>;
  /** Ids that may occur inside other texts, the longest first. */
  inner: string[];
}

/** The ids of an execution and the ids in its input. */
function idsOf(snapshot: Snapshot): Ids {
  const all = new Set([snapshot.executionId]);
  for (const { id } of snapshot.subjects ?? []) all.add(id);
  if (snapshot.trace) all.add(snapshot.trace.traceId).add(snapshot.trace.spanId);
  const first = stepsInOrder(snapshot).find(({ step }) => isRecord(step.input));
  for (const holder of [snapshot.input, snapshot.metadata, first?.step.input]) {
    for (const [name, value] of namedScalars(holder)) {
      if (ID_NAME.test(name) && all.size < MAX_IDS) all.add(String(value));
    }
  }
  const inner = [...all]
    .filter(({ length }) => length >= MIN_INNER_LENGTH)
    .sort((a, b) => b.length - a.length)
    .slice(0, MAX_INNER_IDS);
  return { all, inner };
}

/** The scalars of an object and of its nested objects, by name. */
function namedScalars(holder: unknown): [string, string | number | boolean][] {
  if (!isRecord(holder)) return [];
  return Object.entries(holder).flatMap(([name, value]) => {
    if (isScalar(value)) return [[name, value]];
    if (!isRecord(value)) return [];
    return Object.entries(value).flatMap(([inner, scalar]): [string, string | number | boolean][] =>
      isScalar(scalar)
        ? [
            [inner, scalar],
            [`${name}_${inner}`, scalar],
          ]
        : [],
    );
  });
}

function isSameButFor(a: string, idsOfA: string[], b: string, idsOfB: string[]): boolean {
  if (Math.max(a.length, b.length) > MAX_TEXT_LENGTH) return false;
  const [left, right] = [withoutIds(a, idsOfA), withoutIds(b, idsOfB)];
  return left === right && left !== a;
}

function withoutIds(text: string, ids: string[]): string {
  return ids.reduce((rest, id) => rest.replaceAll(id, '\u0000'), text);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || isNumber(value) || typeof value === 'boolean';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
