import type { ValueChange } from './answers.js';
import { isExactNumber, numberKey, stringifyJson } from './exact-json.js';
import type { IsIncidental } from './incidental.js';
import type { Json } from './snapshot.js';

/** The maximum length of a value's JSON in a difference, in UTF-16 units. Longer JSON is cut. */
const MAX_VALUE = 2_000;

/** The numbers of smaller values are computed again each time, which costs less than storing them. */
const MIN_KEPT_NODES = 16;

type Interned = number;

/**
 * Gives equal JSON values the same number, whatever the order of keys. Values that have a number compare in
 * constant time.
 */
export class Equality {
  readonly #ids = new Map<unknown, Interned>();
  readonly #shapes = new Map<string, Interned>();
  #next = 0;
  #walked = 0;

  of(value: Json | undefined): Interned {
    this.#walked++;
    if (isExactNumber(value)) {
      const key = numberKey(value);
      return typeof key === 'number' ? this.of(key) : this.#known(this.#shapes, `#${key}`);
    }
    if (typeof value !== 'object' || value === null) return this.#known(this.#ids, value);
    const seen = this.#ids.get(value);
    if (seen !== undefined) return seen;
    const before = this.#walked;
    const id = this.#known(this.#shapes, this.#shapeOf(value));
    if (this.#walked - before >= MIN_KEPT_NODES) this.#ids.set(value, id);
    return id;
  }

  #shapeOf(value: Json[] | { [key: string]: Json }): string {
    if (Array.isArray(value)) return `[${value.map((item) => this.of(item)).join()}`;
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${this.of(key)}:${this.of(value[key])}`).join()}`;
  }

  #known<Key>(ids: Map<Key, Interned>, key: Key): Interned {
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = this.#next++;
    ids.set(key, id);
    return id;
  }
}

/** Differences up to a bound, and the number of further ones. */
export interface Differences {
  changes: ValueChange[];
  more: number;
  /** Whether all differences follow from the subject, an id or the clock. False without differences. */
  onlyIncidental: boolean;
}

/**
 * Finds where two JSON values differ, by JSON Pointer (RFC 6901). At most `max` places are listed,
 * incidental ones last; the rest is counted. Arrays are compared by index between their common beginning
 * and end: `removed` points into `a`, `added` into `b`. Linear in the size of both values.
 */
export function diffJson(
  a: Json | undefined,
  b: Json | undefined,
  max: number,
  equality = new Equality(),
  isIncidental: IsIncidental = () => false,
): Differences {
  const telling = new Bounded(max);
  const incidental = new Bounded(max);
  const add = (path: string, left: Json | undefined, right: Json | undefined): void => {
    if (isIncidental(path, left, right)) {
      incidental.add(() => ({ ...changeOf(path, left, right), incidental: true }));
    } else telling.add(() => changeOf(path, left, right));
  };
  const walk = (path: string, left: Json | undefined, right: Json | undefined): void => {
    if (equality.of(left) === equality.of(right)) return;
    if (Array.isArray(left) && Array.isArray(right)) walkArrays(path, left, right);
    else if (isObject(left) && isObject(right)) walkObjects(path, left, right);
    else add(path, left, right);
  };
  const walkObjects = (path: string, left: JsonObject, right: JsonObject): void => {
    for (const key of Object.keys(left)) {
      walk(
        `${path}/${escaped(key)}`,
        left[key],
        Object.hasOwn(right, key) ? right[key] : undefined,
      );
    }
    for (const key of Object.keys(right)) {
      if (!Object.hasOwn(left, key)) add(`${path}/${escaped(key)}`, undefined, right[key]);
    }
  };
  const walkArrays = (path: string, left: Json[], right: Json[]): void => {
    const same = (x: Json | undefined, y: Json | undefined): boolean =>
      equality.of(x) === equality.of(y);
    let [leftEnd, rightEnd] = [left.length, right.length];
    let start = 0;
    while (start < leftEnd && start < rightEnd && same(left[start], right[start])) start++;
    while (leftEnd > start && rightEnd > start && same(left[leftEnd - 1], right[rightEnd - 1])) {
      leftEnd--;
      rightEnd--;
    }
    for (let place = start; place < Math.max(leftEnd, rightEnd); place++) {
      walk(
        `${path}/${place}`,
        place < leftEnd ? left[place] : undefined,
        place < rightEnd ? right[place] : undefined,
      );
    }
  };
  walk('', a, b);
  const count = telling.count + incidental.count;
  const changes = [...telling.items, ...incidental.items].slice(0, max);
  return {
    changes,
    more: count - changes.length,
    onlyIncidental: count > 0 && telling.count === 0,
  };
}

/** The first changes, and the number of all changes. */
class Bounded {
  readonly items: ValueChange[] = [];
  count = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  add(make: () => ValueChange): void {
    if (this.items.length < this.#max) this.items.push(make());
    this.count++;
  }
}

type JsonObject = { [key: string]: Json };

function isObject(value: Json | undefined): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value)
  );
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function changeOf(path: string, a: Json | undefined, b: Json | undefined): ValueChange {
  const [left, right] = [bounded(a), bounded(b)];
  return {
    path,
    kind: a === undefined ? 'added' : b === undefined ? 'removed' : 'changed',
    ...(left.value !== undefined && { a: left.value }),
    ...(right.value !== undefined && { b: right.value }),
    ...((left.cut || right.cut) && { cut: true }),
  };
}

function bounded(value: Json | undefined): { value: Json | undefined; cut: boolean } {
  if (typeof value === 'string') {
    const cut = value.length > MAX_VALUE;
    return { value: cut ? `${value.slice(0, MAX_VALUE)}…` : value, cut };
  }
  if (typeof value !== 'object' || value === null) return { value, cut: false };
  const text = stringifyJson(value);
  if (text.length <= MAX_VALUE) return { value, cut: false };
  return { value: `${text.slice(0, MAX_VALUE)}…`, cut: true };
}
