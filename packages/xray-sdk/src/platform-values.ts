import { CAPTURE_BOUNDS } from './limits.js';
import { asRecord, isObject, quietly } from './source.js';

/** The type of an object, such as `Date`. `instanceof` knows only the objects of one realm. */
export function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

/** Whether an object was made by braces, in any realm, or has no prototype. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return !isObject(prototype) || Object.getPrototypeOf(prototype) === null;
}

export function isError(value: unknown): value is object {
  return isObject(value) && (value instanceof Error || tagOf(value) === 'Error');
}

/** Named values, with the keys in order. */
export interface Entries {
  readonly keys: readonly string[];
  /** The number of entries. `keys` stops soon after the bound of a captured value. */
  readonly total: number;
  read(key: string): unknown;
}

/**
 * The entries of a flat record: an object's own properties, or the entries of a `Map` or `Headers`.
 */
export function entriesOf(value: unknown): Entries | undefined {
  return quietly(() => {
    if (!isObject(value) || Array.isArray(value)) return undefined;
    const keyed = keyedEntries(value, tagOf(value));
    if (keyed !== undefined) return keyed;
    const keys = Object.keys(value);
    const isOpaque = keys.length === 0 && !isPlainObject(value);
    return isOpaque ? undefined : { keys, total: keys.length, read: (key) => asRecord(value)[key] };
  });
}

/** The entries of a `Map` with text keys, of `Headers`, `URLSearchParams` or `FormData`. */
export function keyedEntries(value: object, tag: string): Entries | undefined {
  switch (tag) {
    case 'Map':
      return mapEntries(value as ReadonlyMap<unknown, unknown>);
    case 'Headers':
    case 'URLSearchParams':
    case 'FormData':
      return multiEntries(value as Iterable<[string, unknown]>);
    default:
      return undefined;
  }
}

function mapEntries(map: ReadonlyMap<unknown, unknown>): Entries | undefined {
  const total = mapSize(map);
  if (total === undefined) return undefined;
  const keys: string[] = [];
  for (const key of Map.prototype.keys.call(map) as Iterable<unknown>) {
    if (typeof key !== 'string') return undefined;
    if (keys.push(key) > CAPTURE_BOUNDS.keys) break;
  }
  return { keys, total, read: (key) => Map.prototype.get.call(map, key) as unknown };
}

/** A name that occurs several times gets a list of its values. */
function multiEntries(pairs: Iterable<[string, unknown]>): Entries {
  const values = new Map<string, unknown[]>();
  let pairsLeft: number = CAPTURE_BOUNDS.items;
  for (const [key, value] of pairs) {
    const known = values.get(key);
    if (known === undefined) values.set(key, [value]);
    else known.push(value);
    pairsLeft -= 1;
    if (pairsLeft < 0) break;
  }
  return {
    keys: [...values.keys()],
    total: values.size + (pairsLeft < 0 ? 1 : 0),
    read: (key) => {
      const found = values.get(key) ?? [];
      return found.length > 1 ? found : found[0];
    },
  };
}

/** The size of a `Map` of any realm. `undefined` for an object that only has the tag of one. */
export function mapSize(value: object): number | undefined {
  return slotOf(Map.prototype, 'size', value);
}

export function setSize(value: object): number | undefined {
  return slotOf(Set.prototype, 'size', value);
}

function slotOf(prototype: object, name: string, value: object): number | undefined {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  const read = quietly(() => get?.call(value) as unknown);
  return typeof read === 'number' ? read : undefined;
}

/** The time of a `Date` from any realm, in milliseconds. */
export function timeOf(value: object): number | undefined {
  return quietly(() => Date.prototype.getTime.call(value as Date));
}

/** Classes whose instances, such as `new String('x')`, become primitives in JSON. */
const BOXES: Readonly<Partial<Record<string, { readonly prototype: object }>>> = {
  String,
  Number,
  Boolean,
  BigInt,
  Symbol,
};

export function unboxed(value: object, tag: string): unknown {
  const box = Object.hasOwn(BOXES, tag) ? BOXES[tag] : undefined;
  const valueOf = box?.prototype.valueOf;
  return valueOf && quietly(() => Reflect.apply(valueOf, value, []));
}

/** Properties to record of platform objects that define them as getters of the prototype. */
const FIELDS: Readonly<Partial<Record<string, readonly string[]>>> = {
  Blob: ['type', 'size'],
  File: ['name', 'type', 'size'],
  Request: ['method', 'url', 'headers'],
  Response: ['status', 'statusText', 'url', 'headers'],
  DOMException: ['name', 'message', 'code'],
};

export function platformFields(tag: string): readonly string[] | undefined {
  return Object.hasOwn(FIELDS, tag) ? FIELDS[tag] : undefined;
}

/**
 * Whether an object is a stream of Node. Its own properties are internal state, so they are not
 * recorded.
 */
export function isNodeStream(value: object): boolean {
  return ['pipe', 'once', 'on'].every((name) => typeof asRecord(value)[name] === 'function');
}
