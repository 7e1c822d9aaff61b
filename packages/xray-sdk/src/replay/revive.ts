import type { Json } from '../wire/snapshot.js';
import type { ReturnedType, StepError } from '../wire/step.js';
import { segmentsOf } from './json.js';

/** Thrown for a value that JSON cannot express and that no function revives. */
export class NotRevivable extends Error {}

/**
 * A fresh copy of a recorded value, with its dates, maps and other values that JSON cannot express. Throws
 * NotRevivable for an instance of a class, unless `isClassKnown`.
 */
export function revived(
  json: Json,
  types: Readonly<Record<string, ReturnedType>> | null | undefined,
  isClassKnown: boolean,
): unknown {
  const root = { value: structuredClone(json) as unknown };
  // Inner values come first: the content of a map is revived before the map.
  const places = Object.entries(types ?? {})
    .map(([pointer, type]) => ({ segments: segmentsOf(pointer), type }))
    .sort((a, b) => b.segments.length - a.segments.length);
  for (const { segments, type } of places) {
    if (type === 'class' && isClassKnown) continue;
    const [holder, key] = holderOf(root, segments);
    holder[key] = revivedOne(holder[key], type);
  }
  return root.value;
}

function holderOf(
  root: { value: unknown },
  segments: readonly string[],
): [Record<string, unknown>, string] {
  let holder = root as Record<string, unknown>;
  let key = 'value';
  for (const segment of segments) {
    const next = holder[key];
    if (typeof next !== 'object' || next === null) throw new NotRevivable(segments.join('/'));
    holder = next as Record<string, unknown>;
    key = segment;
  }
  return [holder, key];
}

function revivedOne(value: unknown, type: ReturnedType): unknown {
  switch (type) {
    case 'date':
      return new Date(value === null ? Number.NaN : String(value));
    case 'bigint':
      return bigintOf(value);
    case 'undefined':
      return undefined;
    case 'nan':
      return Number.NaN;
    case 'map':
      return Array.isArray(value)
        ? new Map(value as [unknown, unknown][])
        : new Map(Object.entries(value as object));
    case 'set':
      return new Set(value as unknown[]);
    case 'bytes':
      return Uint8Array.from(Buffer.from(String(value), 'base64'));
    default:
      throw new NotRevivable(`a value of type ${String(type)}`);
  }
}

function bigintOf(value: unknown): bigint {
  try {
    return BigInt(String(value));
  } catch {
    throw new NotRevivable('a bigint');
  }
}

const BUILT_IN: Readonly<Record<string, new (message: string) => Error>> = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
};

/** A recorded error as an instance of its own class, if the class is known. */
export function revivedError(recorded: StepError): { error: Error; isOfItsClass: boolean } {
  const known = Object.hasOwn(BUILT_IN, recorded.type) ? BUILT_IN[recorded.type] : undefined;
  const error = new (known ?? Error)(recorded.message);
  if (known === undefined) Object.defineProperty(error, 'name', { value: recorded.type });
  const { code, props, cause } = recorded;
  if (code !== undefined && code !== null) Object.assign(error, { code });
  if (typeof props === 'object' && props !== null) Object.assign(error, structuredClone(props));
  if (cause !== undefined && cause !== null) Object.assign(error, { cause: causeOf(cause) });
  return { error, isOfItsClass: known !== undefined };
}

function causeOf(cause: Json): unknown {
  const isError = typeof cause === 'object' && cause !== null && 'message' in cause;
  return isError ? revivedError(cause as unknown as StepError).error : structuredClone(cause);
}
