import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { connect } from 'node:net';

import { type Execution, type Snapshot, XRaySDK } from '@xray/sdk';
import { decidedOf, type PipelineReplay, replay, type ReplayResult } from '@xray/sdk/replay';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Sink, startSink } from './sink.js';

type Work = (execution: Execution) => unknown;

let sink: Sink;
let xray: XRaySDK;

beforeAll(async () => {
  sink = await startSink();
  xray = client();
});

afterAll(async () => {
  await xray.shutdown();
  await sink.close();
});

function client(): XRaySDK {
  return new XRaySDK({
    apiKey: 'xr_test',
    appId: 'app',
    pipeline: 'work',
    endpoint: sink.endpoint,
    replay: 'effects',
    delivery: { delayMs: 0 },
  });
}

/** Records the old code, as X-Ray would export it. */
async function record(work: Work, input: unknown = { id: 1 }): Promise<Snapshot> {
  const before = sink.snapshots.length;
  try {
    await xray.run({ input }, work as (execution: Execution) => Promise<unknown>);
  } catch {
    // The execution is recorded as failed.
  }
  expect(await xray.flush()).toBe(true);
  const last = sink.snapshots.at(-1);
  if (last === undefined || sink.snapshots.length === before) throw new Error('nothing arrived');
  return last;
}

/** Replays one record on the new code. */
async function replayOn(
  snapshot: Snapshot,
  work: Work,
  plan: Partial<PipelineReplay> = {},
): Promise<ReplayResult> {
  const run = ({ input }: Snapshot) =>
    xray.run({ input }, work as (execution: Execution) => Promise<unknown>);
  for await (const result of replay([snapshot], { run, ...plan })) return result;
  throw new Error('no result');
}

const refuse = (): never => {
  throw new Error('an effect ran');
};

/** A loan with a bureau that is answered from the record, and a rule that runs. */
const loan =
  (bureau: () => Promise<number>, limit: number): Work =>
  async (execution) => {
    const score = await execution.step('bureau', { kind: 'retrieve', input: { id: 1 } }, bureau);
    execution.step('rules', (step) =>
      step.check('min_score', score >= limit, { actual: score, threshold: limit, op: '>=' }),
    );
    execution.decideByChecks('approved', 'declined');
  };

describe('a replay', () => {
  test('of unchanged code is the same, step by step, and sends nothing', async () => {
    const was = await record(loan(async () => 640, 620));
    const sent = sink.requests.length;
    const result = await replayOn(was, loan(refuse, 620));
    expect(result).toMatchObject({ verdict: 'same', why: null, answered: 1, unverified: 0 });
    expect(result.reads).toEqual({ clock: 0, chance: 0, network: 0 });
    const comparable = (snapshot: Snapshot | null) => ({
      ...snapshot,
      steps: snapshot?.steps.map(({ startedAt: _at, durationMs: _ms, ...step }) => step),
      durationMs: 0,
      endedAt: '',
      sentAt: '',
      instanceId: '',
      instanceSeq: 0,
    });
    expect(comparable(result.snapshot)).toEqual(comparable(was));
    await xray.flush();
    expect(sink.requests.length).toBe(sent);
  });

  test('flips if a changed rule decides differently', async () => {
    const was = await record(loan(async () => 640, 620));
    const result = await replayOn(was, loan(refuse, 660));
    expect(result).toMatchObject({
      verdict: 'flipped',
      was: { outcome: 'approved', adverse: false },
      is: { outcome: 'declined', adverse: true },
      ran: ['rules'],
    });
    expect(result.snapshot?.steps[1]?.rules?.[0]).toMatchObject({ threshold: 660, result: 'fail' });
  });

  test('needs no API key', async () => {
    const was = await record(loan(async () => 640, 620));
    const keyless = new XRaySDK({ apiKey: '', appId: 'app', pipeline: 'work' });
    const run = () => keyless.run(loan(refuse, 660) as (execution: Execution) => Promise<void>);
    const verdicts: string[] = [];
    for await (const { verdict } of replay([was], { run })) verdicts.push(verdict);
    expect(verdicts).toEqual(['flipped']);
  });

  test('yields the results in the order of the records, however many run at once', async () => {
    const records = await Promise.all([600, 630, 700].map((n) => record(loan(async () => n, 620))));
    const run = () => xray.run(loan(refuse, 650) as (execution: Execution) => Promise<void>);
    const seen: (string | undefined)[] = [];
    for await (const { executionId } of replay(records, { run }, { concurrency: 2 })) {
      seen.push(executionId);
    }
    expect(seen).toEqual(records.map(({ executionId }) => executionId));
  });

  test('has moved if the outcome is the same but the main reason is not', async () => {
    const decide =
      (code: string): Work =>
      (execution) =>
        execution.decide('declined', { reasons: [code] });
    const result = await replayOn(await record(decide('A')), decide('B'));
    expect(result).toMatchObject({ verdict: 'moved', was: { reason: 'A' }, is: { reason: 'B' } });
  });

  test('has moved if the last ranking has another first candidate', async () => {
    const rank =
      (sign: number): Work =>
      (execution) => {
        execution.step('rank', (step) =>
          step.rank([1, 2, 3], { id: String, score: (n) => sign * n, top: 2 }),
        );
        execution.decide('selected');
      };
    const was = await record(rank(1));
    expect(decidedOf(was, {})).toMatchObject({ choice: '3' });
    expect(await replayOn(was, rank(-1))).toMatchObject({ verdict: 'moved', is: { choice: '1' } });
  });
});

describe('an answer', () => {
  const effect =
    (give: () => unknown, use: (value: unknown) => string): Work =>
    async (execution) => {
      const value = execution.step('effect', { kind: 'retrieve' }, give);
      execution.decide(use(value instanceof Promise ? await value : value));
    };

  test('has the returned type, and is a new copy each time', async () => {
    const value = {
      at: new Date(5),
      big: 12n,
      not: [NaN, undefined],
      map: new Map([['a', new Set([1])]]),
      bytes: new Uint8Array([1, 2]),
    };
    const was = await record(
      effect(
        () => value,
        () => 'seen',
      ),
    );
    let seen: unknown;
    const result = await replayOn(
      was,
      effect(refuse, (given) => {
        seen = given;
        return 'seen';
      }),
    );
    expect(result.verdict).toBe('same');
    expect(seen).toEqual(value);
    expect(seen).not.toBe(value);
  });

  test.each([
    ['a promise where it was a promise', async () => 1, true],
    ['a value where it was a value', () => 1, false],
  ])('is %s', async (_name, give, isPromise) => {
    const isAsync: boolean[] = [];
    const work =
      (fn: () => unknown): Work =>
      async (execution) => {
        const value = execution.step('effect', { kind: 'action' }, fn);
        isAsync.push(value instanceof Promise);
        await value;
      };
    await replayOn(await record(work(give)), work(refuse));
    expect(isAsync).toEqual([isPromise, isPromise]);
  });

  test('is the value beside a noted output', async () => {
    const search =
      (fn: () => string[]): Work =>
      async (execution) => {
        const found = await execution.step('search', { kind: 'retrieve' }, async (step) => {
          const all = fn();
          step.note({ output: { found: all.length } });
          return all;
        });
        execution.decide(found.join());
      };
    const result = await replayOn(await record(search(() => ['a', 'b'])), search(refuse));
    expect(result).toMatchObject({ verdict: 'same', is: { outcome: 'a,b' } });
  });

  test('is a miss if it was not recorded, was redacted or is an instance of a class', async () => {
    class Money {
      amount = 3;
    }
    const cases: [() => unknown, string][] = [
      [() => (function* () {})(), 'effect: its answer was not recorded'],
      [() => ({ password: 'hush' }), 'effect: its answer is redacted at /output/password'],
      [() => new Money(), 'effect: its answer holds a value of type class; add it to revive'],
    ];
    for (const [give, why] of cases) {
      const was = await record(effect(give, () => 'ok'));
      const result = await replayOn(
        was,
        effect(give, () => 'ok'),
      );
      expect(result).toMatchObject({ verdict: 'undecided', why });
    }
    const was = await record(
      effect(
        () => new Money(),
        () => '3',
      ),
    );
    const revive = { effect: (value: unknown) => Object.assign(new Money(), value) };
    const use = (value: unknown) => (value instanceof Money ? String(value.amount) : 'no');
    expect((await replayOn(was, effect(refuse, use), { revive })).verdict).toBe('same');
  });

  test('settles in the recorded order', async () => {
    const race =
      (wait: (ms: number) => Promise<unknown>): Work =>
      async (execution) => {
        const call = (name: string, ms: number) =>
          execution.step(name, { kind: 'retrieve' }, async () => {
            await wait(ms);
            return name;
          });
        const first = await Promise.race([call('slow', 30), call('fast', 2)]);
        execution.decide(first);
      };
    const was = await record(race((ms) => new Promise((resolve) => setTimeout(resolve, ms))));
    expect(was.decision?.outcome).toBe('fast');
    const result = await replayOn(was, race(refuse));
    // The slow step had not ended when the execution ended.
    expect(result).toMatchObject({ verdict: 'same', is: { outcome: 'fast' } });
  });
});

describe('matching', () => {
  const calls =
    (inputs: unknown[], answer: (input: unknown) => unknown): Work =>
    async (execution) => {
      const given = inputs.map((input) =>
        execution.step('lookup', { kind: 'retrieve', input }, async () => answer(input)),
      );
      execution.decide((await Promise.all(given)).join());
    };

  test('uses the input, whatever the order of calls', async () => {
    const was = await record(calls(['a', 'b', 'c'], (input) => `${String(input)}!`));
    const result = await replayOn(was, calls(['c', 'a', 'b'], refuse));
    expect(result).toMatchObject({ is: { outcome: 'c!,a!,b!' }, unverified: 0 });
  });

  test('gives equal inputs their answers in recorded order', async () => {
    let next = 0;
    const was = await record(calls(['a', 'a', 'a'], () => next++));
    expect(await replayOn(was, calls(['a', 'a', 'a'], refuse))).toMatchObject({
      verdict: 'same',
      is: { outcome: '0,1,2' },
    });
  });

  test('is unverified without an input', async () => {
    let next = 0;
    const was = await record(calls([undefined, undefined], () => next++));
    expect(await replayOn(was, calls([undefined, undefined], refuse))).toMatchObject({
      verdict: 'same',
      unverified: 2,
    });
  });

  test('is a miss for more calls than recorded, and for another input', async () => {
    const was = await record(calls(['a'], () => 1));
    expect(await replayOn(was, calls(['a', 'a'], refuse))).toMatchObject({
      verdict: 'undecided',
      why: 'lookup: the record has no answer left',
    });
    expect(await replayOn(was, calls(['b'], refuse))).toMatchObject({
      verdict: 'undecided',
      why: 'lookup: it was called with another input',
    });
    expect(await replayOn(was, calls(['b'], refuse), { onOtherInput: 'nth' })).toMatchObject({
      verdict: 'same',
      unverified: 1,
    });
    const live = await replayOn(
      was,
      calls(['b'], () => 9),
      { onOtherInput: 'live' },
    );
    expect(live).toMatchObject({ verdict: 'flipped', is: { outcome: '9' } });
  });

  test('can leave out parts of an input that do not count', async () => {
    const was = await record(calls([{ id: 1, request: 'x' }], () => 1));
    const sameInput = { lookup: (input: unknown) => ({ id: (input as { id: number }).id }) };
    const result = await replayOn(was, calls([{ id: 1, request: 'y' }], refuse), { sameInput });
    expect(result).toMatchObject({ verdict: 'same', unverified: 0 });
  });

  test('distinguishes null from undefined', async () => {
    const was = await record(calls([{ a: null }], () => 1));
    expect((await replayOn(was, calls([{}], refuse))).verdict).toBe('undecided');
  });

  test('distinguishes models and prompts', async () => {
    const ask =
      (name: string, fn: () => Promise<string>): Work =>
      async (execution) => {
        const answer = await execution.step(
          'judge',
          { kind: 'llm', input: 1, model: { name } },
          fn,
        );
        execution.decide(answer);
      };
    const was = await record(ask('m-1', async () => 'ok'));
    expect((await replayOn(was, ask('m-1', refuse))).verdict).toBe('same');
    expect((await replayOn(was, ask('m-2', refuse))).why).toBe(
      'judge: it was called with another input',
    );
  });
});

describe('what runs and what is answered', () => {
  test('a synchronous model step runs, because its code may have changed', async () => {
    const tier =
      (fn: (score: number) => string): Work =>
      (execution) =>
        execution.decide(execution.step('tier', { kind: 'model', input: 640 }, () => fn(640)));
    const was = await record(tier(() => 'B'));
    expect(
      await replayOn(
        was,
        tier(() => 'A'),
      ),
    ).toMatchObject({
      verdict: 'flipped',
      ran: ['tier'],
      answered: 0,
    });
    expect((await replayOn(was, tier(refuse), { answer: ['tier'] })).verdict).toBe('same');
  });

  test('an answered step includes its inner steps, and a live step runs', async () => {
    const nested =
      (fn: () => string): Work =>
      async (execution) => {
        const answer = await execution.step('outer', { kind: 'retrieve' }, async (step) =>
          step.step('inner', { kind: 'transform' }, fn),
        );
        execution.decide(answer);
      };
    const was = await record(nested(() => 'old'));
    const result = await replayOn(was, nested(refuse));
    expect(result.snapshot?.steps.map(({ name, parent }) => [name, parent])).toEqual([
      ['outer', undefined],
      ['inner', 0],
    ]);
    expect(
      await replayOn(
        was,
        nested(() => 'new'),
        { live: ['outer'] },
      ),
    ).toMatchObject({
      verdict: 'flipped',
      is: { outcome: 'new' },
    });
  });

  test('a new action is not done; a new retrieval is a miss or a stub', async () => {
    const was = await record((execution) => execution.decide('ok'));
    const act: Work = async (execution) => {
      await execution.step('notify', { kind: 'action' }, async () => refuse());
      execution.decide('ok');
    };
    expect(await replayOn(was, act)).toMatchObject({ verdict: 'same', notDone: ['notify'] });
    const look: Work = async (execution) => {
      const hit = await execution.step('sanctions', { kind: 'retrieve', input: 'n' }, () =>
        refuse(),
      );
      execution.decide(hit === undefined ? 'ok' : String(hit));
    };
    expect((await replayOn(was, look)).why).toBe('sanctions: the record has no answer left');
    expect((await replayOn(was, look, { onMiss: 'stub' })).verdict).toBe('same');
    const stubs = { sanctions: (input: unknown) => `hit ${String(input)}` };
    expect((await replayOn(was, look, { stubs })).is?.outcome).toBe('hit n');
  });

  test('a miss that the code catches is undecided, unless the code had decided before', async () => {
    const was = await record((execution) => execution.decide('ok'));
    const look = (execution: Execution) =>
      execution.step('extra', { kind: 'retrieve' }, async () => refuse()).catch(() => undefined);
    const before: Work = async (execution) => {
      try {
        await look(execution);
      } catch {
        // The code swallows the error.
      }
      execution.decide('ok');
    };
    expect((await replayOn(was, before)).verdict).toBe('undecided');
    const after: Work = async (execution) => {
      execution.decide('ok');
      try {
        await look(execution);
      } catch {
        // The code swallows the error.
      }
    };
    expect((await replayOn(was, after)).verdict).toBe('same');
  });

  test('names recorded answers that were not used', async () => {
    const was = await record(loan(async () => 640, 620));
    const result = await replayOn(was, (execution) => execution.decide('approved'));
    expect(result.unasked).toEqual(['bureau']);
  });

  test('children are replayed from their own records', async () => {
    const parent =
      (fn: () => Promise<string>): Work =>
      async (execution) => {
        const child = execution.child('pricing');
        const price = await child.step('price', { kind: 'retrieve' }, fn);
        child.decide(price);
        child.completeExecution();
        execution.decide(price);
      };
    const before = sink.snapshots.length;
    const was = await record(parent(async () => 'low'));
    const children = sink.snapshots.slice(before).filter(({ pipeline }) => pipeline === 'pricing');
    expect(children).toHaveLength(1);
    const run = () => xray.run(parent(refuse) as (execution: Execution) => Promise<void>);
    for await (const result of replay([was], { run }, { childrenOf: () => children })) {
      expect(result).toMatchObject({ verdict: 'same', answered: 1 });
    }
    expect((await replayOn(was, parent(refuse))).why).toBe('price: the record has no answer left');
  });
});

describe('errors', () => {
  class BureauTimeout extends Error {
    override readonly name = 'BureauTimeout';
    readonly after = 2;
  }
  const caught =
    (fn: () => Promise<number>): Work =>
    async (execution) => {
      try {
        await execution.step('bureau', { kind: 'retrieve' }, fn);
        execution.decide('ok');
      } catch (error) {
        execution.decide(error instanceof BureauTimeout ? `late ${error.after}` : 'broken');
      }
    };
  const timeout = async (): Promise<number> => {
    throw new BureauTimeout('no answer');
  };

  test('that end the execution end the replay in the same way', async () => {
    const fails: Work = async (execution) => {
      await execution.step('bureau', { kind: 'retrieve' }, timeout);
    };
    const was = await record(fails);
    expect(was.status).toBe('failed');
    expect(await replayOn(was, fails)).toMatchObject({ verdict: 'same', is: { status: 'failed' } });
  });

  test('that the code caught are undecided if their class is unknown', async () => {
    const was = await record(caught(timeout));
    expect(was.decision?.outcome).toBe('late 2');
    const unnamed = await replayOn(was, caught(refuse));
    expect(unnamed).toMatchObject({ verdict: 'undecided' });
    expect(unnamed.why).toContain('the code caught a BureauTimeout');
    const errors = {
      BureauTimeout: ({ message }: { message: string }) => new BureauTimeout(message),
    };
    expect((await replayOn(was, caught(refuse), { errors })).verdict).toBe('same');
  });

  test('of built-in classes are their class, with code and own fields', async () => {
    let seen: unknown;
    const work =
      (fn: () => Promise<number>): Work =>
      (execution) =>
        execution.step('call', { kind: 'retrieve' }, fn).catch((error: unknown) => {
          seen = error;
          execution.decide('caught');
        });
    const was = await record(
      work(async () => {
        throw Object.assign(new TypeError('bad'), { code: 'EBAD', hint: 'x' });
      }),
    );
    expect((await replayOn(was, work(refuse))).verdict).toBe('same');
    expect(seen).toBeInstanceOf(TypeError);
    expect(seen).toMatchObject({ message: 'bad', code: 'EBAD', hint: 'x' });
  });
});

describe('the world', () => {
  test('the clock gives the recorded time, and its reads are counted', async () => {
    const work: Work = (execution) => {
      const years = [new Date().getFullYear(), new Date(Date.now()).getFullYear()];
      execution.decide(years.join());
    };
    const was = { ...(await record(work)), startedAt: '2001-05-06T07:08:09.000Z' };
    const result = await replayOn(was, work);
    expect(result.is?.outcome).toBe('2001,2001');
    expect(result.reads.clock).toBe(2);
    expect(new Date().getFullYear()).toBeGreaterThan(2020);
  });

  test('the execution gives its start time, and repeatable random numbers', async () => {
    const work: Work = (execution) => {
      const numbers = [execution.random(), execution.random()];
      expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
      execution.decide(`${execution.startedAt.toISOString()} ${numbers.join()}`.slice(0, 64));
    };
    const was = await record(work);
    expect(await replayOn(was, work)).toMatchObject({ verdict: 'same', reads: { chance: 0 } });
  });

  test('reads of random numbers are counted, and a change with such reads is undecided', async () => {
    const work =
      (read: () => unknown): Work =>
      (execution) =>
        execution.decide(String(read()).slice(0, 30));
    for (const read of [() => Math.random(), () => randomUUID(), () => crypto.randomUUID()]) {
      const result = await replayOn(await record(work(read)), work(read));
      expect(result).toMatchObject({ verdict: 'undecided', reads: { chance: 1 } });
      expect(result.why).toContain('chance');
    }
  });

  test('the network is refused outside of live steps, even if the code catches the error', async () => {
    const server = createServer((_request, response) => response.end('1'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const url = `http://127.0.0.1:${String(address.port)}`;
    const open = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(address.port, '127.0.0.1', () => resolve('1'));
        socket.on('error', reject);
        socket.unref();
      });
    for (const call of [async () => await (await fetch(url)).text(), open]) {
      const work: Work = async (execution) => {
        const text = await execution.step('load', { kind: 'transform' }, () =>
          call().catch(() => 'offline'),
        );
        execution.decide(text);
      };
      const was = await record(work);
      expect(was.decision?.outcome).toBe('1');
      const leak = await replayOn(was, work);
      expect(leak).toMatchObject({ verdict: 'undecided', why: 'the code reached for the network' });
      expect(await replayOn(was, work, { live: ['load'] })).toMatchObject({ verdict: 'same' });
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('code that waits endlessly is undecided', async () => {
    const was = await record((execution) => execution.decide('ok'));
    const result = await replayOn(was, () => new Promise(() => {}));
    expect(result.why).toBe('the code waits for something that the record does not have');
  }, 20_000);
});

describe('a record that cannot be replayed gives the reason', () => {
  test.each([
    ['without input', { input: undefined }, 'the record has no input'],
    ['not ended', { status: 'running' as const }, 'the execution had not ended'],
    [
      'redacted input',
      { marks: [{ path: '/input/name', kind: 'redacted' as const }] },
      'the input is not whole',
    ],
    ['steps left out', { dropped: { steps: 3 } }, 'steps were left out of the record'],
  ])('%s', async (_name, change, why) => {
    const was = { ...(await record((execution) => execution.decide('ok'))), ...change };
    const result = await replayOn(was, refuse);
    expect(result).toMatchObject({ verdict: 'not_replayable', why, is: null, snapshot: null });
  });
});
