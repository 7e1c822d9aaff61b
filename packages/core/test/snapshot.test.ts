import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { LIMITS, jsonDepthExceeds, snapshotSchema, stepSequence } from '../src/index.js';
import { fullSnapshot, minimalSnapshot } from './full-snapshot.js';

type Path = (string | number)[];
type JsonObject = Record<string, unknown>;

/** The paths of all objects that the schema describes. The content of payloads belongs to the sender. */
const PAYLOADS = new Set([
  'input',
  'output',
  'value',
  'props',
  'data',
  'params',
  'actual',
  'threshold',
]);
/** Objects with keys of the sender, where an unknown key is an ordinary entry. */
const RECORDS = new Set([
  'versions',
  'metadata',
  'byOutcome',
  'byReason',
  'scores',
  'metrics',
  'types',
]);

function* objectsIn(value: unknown, path: Path = []): Generator<Path> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield path;
  for (const [key, child] of Object.entries(value)) {
    if (!PAYLOADS.has(key) && !RECORDS.has(key)) {
      yield* objectsIn(child, [...path, Array.isArray(value) ? Number(key) : key]);
    }
  }
}

function at(root: unknown, path: Path): JsonObject {
  let value = root;
  for (const key of path) value = (value as JsonObject)[key];
  return value as JsonObject;
}

/** The full snapshot with another value at one path. */
function fullWith(path: Path, value: unknown): unknown {
  const copy: unknown = structuredClone(fullSnapshot);
  at(copy, path.slice(0, -1))[String(path.at(-1))] = value;
  return copy;
}

/** The dotted paths at which the schema finds faults. */
function faults(snapshot: unknown): string[] {
  const result = snapshotSchema.safeParse(snapshot);
  return result.success ? [] : result.error.issues.map(({ path }) => path.join('.'));
}

const dotted = (path: Path) => path.join('.') || 'the snapshot';

describe('a snapshot', () => {
  test('may have only four fields', () => {
    expect(faults(minimalSnapshot)).toEqual([]);
    expect(faults({ ...minimalSnapshot, steps: [] })).toEqual([]);
    expect(faults({ ...minimalSnapshot, steps: [{ name: 'a' }] })).toEqual([]);
  });

  test('may have every field of the wire format, and is not changed by the schema', () => {
    expect(snapshotSchema.parse(fullSnapshot)).toEqual(fullSnapshot);
  });

  test.each([...objectsIn(fullSnapshot)].map((path) => ({ place: dotted(path), path })))(
    'keeps an unknown field where it is: in $place',
    ({ path }) => {
      const sent = fullWith([...path, 'fromTheFuture'], { deep: [1] });

      expect(snapshotSchema.parse(sent)).toEqual(sent);
    },
  );

  test.each(optionalPlaces().map((path) => ({ place: dotted(path), path })))(
    'takes null for an optional field: $place',
    ({ path }) => {
      expect(faults(fullWith(path, null))).toEqual([]);
    },
  );

  test.each(['executionId', 'appId', 'pipeline', 'steps'])('requires %s', (field) => {
    expect(faults({ ...minimalSnapshot, [field]: undefined })).toEqual([field]);
    expect(faults({ ...minimalSnapshot, [field]: null })).toEqual([field]);
  });

  test('may have kinds, relations and marks of a newer SDK', () => {
    expect(faults(fullWith(['steps', 0, 'kind'], 'simulate'))).toEqual([]);
    expect(faults(fullWith(['links', 0, 'relation'], 'inspired_by'))).toEqual([]);
    expect(faults(fullWith(['marks', 0, 'kind'], 'summarized'))).toEqual([]);
  });

  test('may have the code of an error as thrown, as a number, or as earlier clients sent it', () => {
    for (const code of ['ECONNREFUSED', 5, null, { sqlState: '42P01' }]) {
      expect(faults(fullWith(['steps', 1, 'error', 'code'], code))).toEqual([]);
    }
  });

  test('may have any JSON as a payload', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const sent = { ...minimalSnapshot, input: value, steps: [{ name: 'a', output: value }] };
        expect(snapshotSchema.parse(sent)).toEqual(sent);
      }),
    );
  });

  test('orders its steps by sequence, by default by their place', () => {
    expect([{ name: 'a', sequence: 7 }, { name: 'b' }].map(stepSequence)).toEqual([7, 1]);
  });

  test.each(['not an object', null, 3, [], [minimalSnapshot]])(
    'is invalid if it is %j',
    (value) => {
      expect(snapshotSchema.safeParse(value).success).toBe(false);
    },
  );
});

const long = (length: number) => 'x'.repeat(length);

/** The greatest valid value and the least invalid value of each bound. */
const bounds: { path: Path; most: unknown; over: unknown }[] = [
  { path: ['executionId'], most: long(128), over: long(129) },
  { path: ['appId'], most: long(128), over: long(129) },
  { path: ['pipeline'], most: long(128), over: long(129) },
  { path: ['environment'], most: long(64), over: long(65) },
  { path: ['versions', 'code'], most: long(128), over: long(129) },
  { path: ['decision', 'outcome'], most: long(64), over: long(65) },
  { path: ['decision', 'confidence'], most: 1, over: 1.01 },
  { path: ['decision', 'reasons', 0, 'code'], most: long(64), over: long(65) },
  { path: ['subjects', 0, 'id'], most: long(256), over: long(257) },
  { path: ['tags', 0], most: long(64), over: long(65) },
  { path: ['steps', 0, 'name'], most: long(128), over: long(129) },
  { path: ['steps', 0, 'rules', 0, 'id'], most: long(128), over: long(129) },
  { path: ['steps', 0, 'candidates', 'items', 0, 'id'], most: long(256), over: long(257) },
  { path: ['steps', 0, 'candidates', 'ledger', 'ids', 0], most: long(256), over: long(257) },
];

describe('a bound', () => {
  test.each(bounds.map((bound) => ({ ...bound, place: dotted(bound.path) })))(
    'of $place allows its limit, and names the place of a greater value',
    ({ path, most, over }) => {
      expect(faults(fullWith(path, most))).toEqual([]);
      expect(faults(fullWith(path, over))).toEqual([path.join('.')]);
    },
  );

  test('is named in the message', () => {
    const { error } = snapshotSchema.safeParse(fullWith(['steps', 0, 'name'], long(129)));

    expect(error?.issues[0]).toMatchObject({ code: 'too_big', maximum: 128 });
  });

  test('of steps is ten thousand', () => {
    const steps = Array.from({ length: LIMITS.steps }, () => ({ name: 'a' }));

    expect(LIMITS.steps).toBe(10_000);
    expect(faults({ ...minimalSnapshot, steps })).toEqual([]);
    expect(faults({ ...minimalSnapshot, steps: [...steps, { name: 'a' }] })).toEqual(['steps']);
  });

  test.each(['', 'a b', 'a/b', 'ä', 'a\n', '😀'])('on the characters of an id refuses %j', (id) => {
    expect(faults({ ...minimalSnapshot, executionId: id })).toContain('executionId');
    expect(faults({ ...minimalSnapshot, appId: id })).toContain('appId');
  });
});

const wrong: { path: Path; value: unknown }[] = [
  { path: ['schemaVersion'], value: 2 },
  { path: ['revision'], value: 0 },
  { path: ['revision'], value: 1.5 },
  { path: ['status'], value: 'done' },
  { path: ['startedAt'], value: 'yesterday' },
  { path: ['startedAt'], value: 1_736_000_000 },
  { path: ['durationMs'], value: -1 },
  { path: ['metadata', 'region'], value: { nested: true } },
  { path: ['trace', 'traceId'], value: 'xyz' },
  { path: ['trace', 'spanId'], value: long(16) },
  { path: ['decision', 'adverse'], value: 'no' },
  { path: ['links', 0, 'executionId'], value: 'with space' },
  { path: ['steps'], value: { 0: { name: 'a' } } },
  { path: ['steps', 1], value: 'a step' },
  { path: ['steps', 1, 'name'], value: '' },
  { path: ['steps', 1, 'status'], value: 'done' },
  { path: ['steps', 1, 'error'], value: 'TimeoutError' },
  { path: ['steps', 0, 'sequence'], value: -1 },
  { path: ['steps', 0, 'rules', 0, 'result'], value: 'maybe' },
  { path: ['steps', 0, 'candidates', 'in'], value: 1.5 },
  { path: ['steps', 0, 'candidates', 'byOutcome', 'kept'], value: -2 },
  { path: ['steps', 0, 'candidates', 'items', 0, 'outcome'], value: 'lost' },
];

describe('a wrong value', () => {
  test.each(wrong.map((fault) => ({ ...fault, place: dotted(fault.path) })))(
    '$value at $place is refused with its place',
    ({ path, value }) => {
      expect(faults(fullWith(path, value))).toEqual([path.join('.')]);
    },
  );
});

describe('depth of JSON', () => {
  const nested = (depth: number) =>
    JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown;

  test('is counted in containers', () => {
    expect(jsonDepthExceeds(1, 0)).toBe(false);
    expect(jsonDepthExceeds(nested(200), 200)).toBe(false);
    expect(jsonDepthExceeds(nested(201), 200)).toBe(true);
    expect(jsonDepthExceeds({ a: [{ b: nested(3) }, 'x'] }, 6)).toBe(false);
    expect(jsonDepthExceeds({ a: [{ b: nested(4) }, 'x'] }, 6)).toBe(true);
  });

  test('can be checked for values that would overflow the stack', () => {
    expect(jsonDepthExceeds(nested(1_000_000), LIMITS.depth)).toBe(true);
  });
});

describe('JSON Schema of the snapshot', () => {
  const schema = z.toJSONSchema(snapshotSchema, { io: 'input' });

  test('requires the same fields and allows unknown fields', () => {
    expect(schema).toMatchObject({
      type: 'object',
      required: ['executionId', 'appId', 'pipeline', 'steps'],
      additionalProperties: {},
    });
  });

  test('describes every field of the wire format', () => {
    const properties = (schema.properties ?? {}) as Record<string, unknown>;

    expect(Object.keys(properties).toSorted()).toEqual(Object.keys(fullSnapshot).toSorted());
    expect(properties['executionId']).toMatchObject({ minLength: 1, maxLength: 128 });
    expect(properties['steps']).toMatchObject({ type: 'array', maxItems: 10_000 });
  });
});

/** The paths of all fields that the wire format marks with `?`. */
function optionalPlaces(): Path[] {
  const required: Record<string, string[]> = {
    '': ['executionId', 'appId', 'pipeline', 'steps'],
    decision: ['outcome'],
    'decision.reasons': ['code'],
    'decision.decidedBy': ['type', 'id'],
    'decision.basis': ['kind', 'pass', 'fail'],
    subjects: ['type', 'id'],
    trace: ['traceId', 'spanId'],
    links: ['executionId', 'relation'],
    steps: ['name'],
    'steps.actor': ['type', 'id'],
    'steps.error': ['type', 'message'],
    'steps.returned': ['of'],
    'steps.model': ['name'],
    'steps.rules': ['id'],
    'steps.rules.counts': ['evaluated', 'passed', 'failed', 'skipped', 'error', 'decisive'],
    'steps.candidates': ['in', 'out', 'byOutcome', 'items'],
    'steps.candidates.items': ['id', 'outcome'],
    'steps.candidates.items.reasons': ['code'],
    'steps.candidates.items.rules': ['id'],
    'steps.candidates.strata': ['name', 'population', 'kept'],
    'steps.candidates.ledger': ['ids', 'outcomes', 'reasons', 'reasonIx'],
    'steps.artifacts': ['name', 'mediaType', 'bytes'],
    marks: ['path', 'kind'],
    replay: ['run', 'arm'],
    sdk: ['name', 'version'],
  };
  return [...objectsIn(fullSnapshot)].flatMap((path) => {
    const needed = required[path.filter((key) => typeof key === 'string').join('.')] ?? [];
    return Object.keys(at(fullSnapshot, path))
      .filter((key) => !needed.includes(key))
      .map((key) => [...path, key]);
  });
}
