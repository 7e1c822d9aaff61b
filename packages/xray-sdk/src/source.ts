/** An object that the host passed. Its members may have any type, whatever the host's types say. */
export type Source = Readonly<Record<string, unknown>>;

/** Reading any string key of an object is safe. The type only lacks the index signature. */
export function asRecord(value: object): Record<string, unknown> {
  return value as Record<string, unknown>;
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Calls `use` with the source. If a getter or proxy throws, calls `use` again with a source that
 * reads each member separately and reports those that throw as absent. So `use` must give the same
 * result when it runs twice.
 */
export function readParts<R>(
  given: object,
  use: (from: Source) => R,
  failed: (key: string) => void,
): R {
  try {
    return use(asRecord(given));
  } catch {
    return use(guardedSource(given, failed));
  }
}

function guardedSource(given: object, failed: (key: string) => void): Source {
  const values = new Map<string, unknown>();
  return new Proxy<Record<string, unknown>>(
    {},
    {
      get: (_target, key) => {
        if (typeof key !== 'string') return undefined;
        if (!values.has(key)) {
          values.set(key, undefined);
          try {
            values.set(key, asRecord(given)[key]);
          } catch {
            failed(key);
          }
        }
        return values.get(key);
      },
    },
  );
}

/** Returns the result of a function, or `undefined` if it throws. */
export function quietly<R>(ask: () => R): R | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

/** The first items of a list, and the number of all. An unreadable item is `undefined`. */
export interface Items {
  readonly items: readonly unknown[];
  readonly total: number;
}

/**
 * Reads an array, or at most `maxItems` of another iterable. `undefined` for text and other values.
 */
export function itemsOf(values: unknown, maxItems: number): Items | undefined {
  const items: unknown[] = [];
  try {
    if (Array.isArray(values)) {
      const total = values.length;
      const whole = quietly(() => values.slice(0, maxItems) as unknown[]);
      if (whole !== undefined) return { items: whole, total };
      for (let index = 0; index < Math.min(total, maxItems); index += 1) {
        items.push(quietly(() => values[index] as unknown));
      }
      return { items, total };
    }
    if (!isObject(values) || !(Symbol.iterator in values)) return undefined;
    for (const item of values as Iterable<unknown>) {
      if (items.length === maxItems) return { items, total: maxItems + 1 };
      items.push(item);
    }
    return { items, total: items.length };
  } catch {
    return items.length === 0 ? undefined : { items, total: items.length + 1 };
  }
}

/** The text of a number, boolean or bigint; `undefined` for anything else. */
export function scalarText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'bigint':
      return bigintText(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined;
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}

/**
 * Printing a BigInt of a million digits takes seconds, so a very large one is described instead.
 */
export function bigintText(value: bigint): string {
  const MAX_BITS = 65_536;
  return BigInt.asIntN(MAX_BITS, value) === value ? value.toString() : '[bigint over 65,536 bits]';
}

/**
 * Overlays `given` on `defaults`. Members are read on use, so one that throws costs only itself.
 * `undefined` when the keys of `given` cannot be read.
 */
export function overlay<D extends object, G extends object>(
  defaults: D,
  given: G,
): (D & G) | undefined {
  return quietly(() => {
    const merged = { ...defaults };
    for (const key of Object.keys(given)) {
      const get = (): unknown => asRecord(given)[key];
      Object.defineProperty(merged, key, { configurable: true, enumerable: true, get });
    }
    return merged as D & G;
  });
}
