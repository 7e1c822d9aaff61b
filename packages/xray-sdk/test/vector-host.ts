import { type Execution, type Step, XRaySDK, type XRayOptions } from '@xray/sdk';

import {
  expand,
  type Members,
  type Notation,
  specialOf,
  type Vector,
} from '../../wire-vectors/vectors.js';
import type { Snapshot } from '../src/wire/snapshot.js';

type Json = Record<string, unknown>;

/** Makes the calls of a vector, as a host does. Returns the client. */
export function tell(vector: Vector, endpoint: string): XRaySDK {
  const { redact, ...others } = decode(vector.client ?? {}) as Json;
  const xray = new XRaySDK({
    apiKey: 'xr_test',
    appId: 'app',
    pipeline: 'work',
    endpoint,
    ...others,
    ...(redact === undefined ? {} : { redact }),
  } as XRayOptions);
  const options = { executionId: 'v-1', ...(decode(vector.execution ?? {}) as Json) };
  const execution = xray.startExecution(options);
  let hasEnded = false;
  for (const call of vector.do) {
    perform(execution, undefined, call);
    hasEnded ||= 'complete' in call || 'fail' in call;
  }
  if (!hasEnded) execution.completeExecution();
  return xray;
}

function perform(execution: Execution, step: Step | undefined, call: Members): void {
  const [name = '', given = null] = Object.entries(call)[0] ?? [];
  switch (name) {
    case 'repeat': {
      const [inner, times] = given as [Members, number];
      for (let n = 0; n < times; n += 1) perform(execution, step, inner);
      return;
    }
    case 'recordStep':
      execution.recordStep(decode(given) as Parameters<Execution['recordStep']>[0]);
      return;
    case 'recordThenChange': {
      const output = decode(given) as { a: number[] };
      execution.recordStep({ name: 's', output });
      output.a.push(3);
      return;
    }
    case 'step':
      runStep(step ?? execution, execution, given as Members);
      return;
    case 'failingStep': {
      const error = decode(given);
      try {
        execution.step('s', () => {
          throw error;
        });
      } catch {
        execution.failExecution(error);
      }
      return;
    }
    case 'set':
      execution.set(decode(given) as Parameters<Execution['set']>[0]);
      return;
    case 'decide':
      execution.decide(...(decode(given) as Parameters<Execution['decide']>));
      return;
    case 'decideByChecks':
      execution.decideByChecks(...(decode(given) as Parameters<Execution['decideByChecks']>));
      return;
    case 'checkpoint':
      execution.checkpoint();
      return;
    case 'complete':
      execution.completeExecution();
      return;
    case 'fail':
      execution.failExecution(decode(given) ?? undefined);
      return;
    default:
      if (step === undefined) throw new Error(`no call ${name}`);
      performInStep(step, name, given);
  }
}

function performInStep(step: Step, name: string, given: Notation): void {
  switch (name) {
    case 'note':
      step.note(decode(given) as Parameters<Step['note']>[0]);
      return;
    case 'check':
      step.check(...(decode(given) as Parameters<Step['check']>));
      return;
    case 'filter':
      filter(step, given as Members);
      return;
    case 'rank':
      rank(step, given as Members);
      return;
    default:
      throw new Error(`no call ${name}`);
  }
}

function runStep(parent: Execution | Step, execution: Execution, given: Members): void {
  const name = given['name'] as string;
  const body = (step: Step): unknown => {
    for (const call of (given['do'] ?? []) as Members[]) perform(execution, step, call);
    if (given['throw'] !== undefined) throw decode(given['throw']);
    return given['return'] === undefined ? undefined : decode(given['return']);
  };
  try {
    parent.step(name, (decode(given['options'] ?? {}) ?? {}) as object, body);
  } catch (error) {
    if (given['throw'] === undefined) throw error;
  }
}

const read = (name: Notation | undefined) =>
  typeof name !== 'string'
    ? undefined
    : name === '*'
      ? (candidate: Json): unknown => candidate
      : (candidate: Json): unknown => candidate[name];

const TESTS: Record<string, (actual: unknown, limit: unknown) => boolean> = {
  '<=': (actual, limit) => Number(actual) <= Number(limit),
  '>=': (actual, limit) => Number(actual) >= Number(limit),
  raise: (actual, limit) => {
    if (actual === limit) throw new TypeError('the test failed');
    return true;
  },
};

function filter(step: Step, given: Members): void {
  const { candidates = [], rules = [], score, data, id, ...rest } = given;
  const options = {
    ...(decode(rest) as Json),
    id: read(id),
    ...(score === undefined ? {} : { score: read(score) }),
    ...(data === undefined ? {} : { data: read(data) }),
    rules: (rules as Members[]).map(({ test, actual, ...rule }) => {
      const [operator = '', name = '', limit] = test as [string, string, Notation];
      return {
        ...(decode(rule) as Json),
        test: (candidate: Json) => TESTS[operator]?.(candidate[name], limit) ?? false,
        ...(actual === undefined ? {} : { actual: read(actual) }),
      };
    }),
  };
  try {
    step.filter(decode(candidates) as Json[], options as unknown as Parameters<Step['filter']>[1]);
  } catch (error) {
    if (!(error instanceof TypeError) || error.message !== 'the test failed') throw error;
  }
}

function rank(step: Step, given: Members): void {
  const { candidates = [], score, scores, id, ...rest } = given;
  const names = scores as string[] | undefined;
  const options = {
    ...(decode(rest) as Json),
    id: read(id),
    score: read(score),
    ...(names === undefined
      ? {}
      : {
          scores: (candidate: Json) =>
            Object.fromEntries(names.map((name) => [name, candidate[name]])),
        }),
  };
  step.rank(decode(candidates) as Json[], options as unknown as Parameters<Step['rank']>[1]);
}

class Instance {
  constructor(members: object) {
    Object.assign(this, members);
  }

  /** Members of the prototype are not recorded. */
  get inherited(): boolean {
    return true;
  }
}

/** A value of the notation as a value of this language. */
export function decode(value: Notation): unknown {
  const special = specialOf(value);
  if (special !== undefined) return decodeSpecial(...special);
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, decode(member)]));
}

function decodeSpecial(name: string, operand: Notation): unknown {
  switch (name) {
    case '$undefined':
      return undefined;
    case '$number':
      return Number(operand);
    case '$bigint':
      return BigInt(operand as string);
    case '$date':
      return new Date(operand as string);
    case '$bytes':
      return new Uint8Array(Buffer.from(operand as string, 'base64'));
    case '$zeros':
      return new Uint8Array(operand as number);
    case '$set':
      return new Set(decode(operand) as unknown[]);
    case '$map':
      return new Map(decode(operand) as [unknown, unknown][]);
    case '$symbol':
      return Symbol(operand as string);
    case '$regexp':
      return new RegExp(operand as string);
    case '$function':
      return () => operand;
    case '$error': {
      const { type, message, ...rest } = decode(operand) as Json;
      return Object.assign(new Error(message as string), { name: type }, rest);
    }
    case '$errors': {
      const { message, errors } = decode(operand) as { message: string; errors: Error[] };
      return new AggregateError(errors, message);
    }
    case '$instance':
      return new Instance(decode(operand) as object);
    case '$cycle': {
      const value = decode(operand) as Json;
      value['self'] = value;
      return value;
    }
    case '$cycleInList': {
      const value = decode(operand) as Json;
      value['list'] = [1, value];
      return value;
    }
    case '$twice': {
      const value = decode(operand);
      return { first: value, second: value };
    }
    case '$throwing': {
      const { broken, ...rest } = decode(operand) as Json;
      const value = {};
      for (const key of Object.keys(operand as Members)) {
        Object.defineProperty(value, key, {
          enumerable: true,
          get: () => {
            if (key === 'broken') throw new Error(broken as string);
            return rest[key];
          },
        });
      }
      return value;
    }
    default:
      return expand({ [name]: operand });
  }
}

/** A snapshot without the members that differ from run to run. */
export function stable(snapshot: Snapshot): Json {
  const {
    sdk: _sdk,
    instanceId: _instance,
    sentAt: _sent,
    startedAt: _started,
    endedAt: _ended,
    durationMs: _duration,
    trace,
    ...rest
  } = snapshot;
  return {
    ...rest,
    ...(trace === undefined ? {} : { trace: { ...trace, spanId: '1'.repeat(16) } }),
    steps: snapshot.steps.map(({ startedAt: _at, durationMs: _took, ...step }) => step),
    ...(rest.marks === undefined ? {} : { marks: inOrder(rest.marks) }),
  };
}

/** The order of marks has no meaning. */
export function inOrder<T>(marks: readonly T[]): T[] {
  const key = (mark: T): string => JSON.stringify(Object.entries(mark as object).sort());
  return marks.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
