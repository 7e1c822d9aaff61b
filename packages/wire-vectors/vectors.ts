import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A value of the notation (README.md): JSON, or an object whose only key begins with `$`. */
export type Notation =
  | null
  | boolean
  | number
  | string
  | Notation[]
  | { readonly [key: string]: Notation };
export type Members = Readonly<Record<string, Notation>>;

/** Calls of a host, and the snapshot that must come out. */
export interface Vector {
  readonly name: string;
  readonly client?: Members;
  readonly execution?: Members;
  readonly do: readonly Members[];
  /** By language, why it cannot run this vector. */
  readonly skip?: Readonly<Partial<Record<'typescript' | 'python', string>>>;
  readonly expect: Members;
}

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** All vectors, by the name of their file. */
export function readVectors(): Map<string, Vector[]> {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return new Map(
    files.map((file) => [
      file.replace('.json', ''),
      JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8')) as Vector[],
    ]),
  );
}

/** The name and the operand of a special value. `undefined` for plain JSON. */
export function specialOf(value: Notation): [string, Notation] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const [first, second] = Object.entries(value);
  return first?.[0].startsWith('$') === true && second === undefined ? first : undefined;
}

/** Writes out the short forms of long JSON. Other special values throw. */
export function expand(value: Notation): unknown {
  const special = specialOf(value);
  if (special !== undefined) return expandSpecial(...special);
  if (Array.isArray(value)) return value.map(expand);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, expand(member)]));
}

function expandSpecial(name: string, operand: Notation): unknown {
  const [first, second, third] = Array.isArray(operand) ? operand : [operand];
  switch (name) {
    case '$repeat':
      return String(first).repeat(Number(second));
    case '$concat':
      return (operand as Notation[]).map(expand).join('');
    case '$list':
      return Array.from({ length: Number(second) }, () => expand(first ?? null));
    case '$keys':
      return Object.fromEntries(Array.from({ length: Number(first) }, (_, n) => [`k${n}`, n]));
    case '$nest':
      return nest(Number(first), (inner) => ({ a: inner }), second ?? null);
    case '$nestList':
      return nest(Number(first), (inner) => [inner], second ?? null);
    case '$longKey':
      return { ['k'.repeat(Number(first))]: second };
    case '$longKeys':
      return {
        [`${'k'.repeat(Number(first))}a`]: second,
        [`${'k'.repeat(Number(first))}b`]: third,
      };
    case '$words':
      return String(first).split(' ');
    case '$json':
      return JSON.parse(first as string);
    case '$products':
      return Array.from({ length: Number(first) }, (_, n) => ({
        id: `p${n}`,
        price: (n * 7) % 101,
        rating: ((n * 13) % 50) / 10,
      }));
    default:
      throw new Error(`no value for ${name}`);
  }
}

function nest(depth: number, wrap: (inner: unknown) => unknown, innermost: Notation): unknown {
  let value: unknown = innermost;
  for (let level = 0; level < depth; level += 1) value = wrap(value);
  return value;
}
