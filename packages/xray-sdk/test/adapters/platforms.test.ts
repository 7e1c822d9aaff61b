import { xrayLambda } from '@xray/sdk/lambda';
import { xrayNext } from '@xray/sdk/next';
import { executionOf, xrayWorker } from '@xray/sdk/workers';
import { describe, expect, test } from 'vitest';

import { delivered, last, setUpRecording, sink, xray } from '../recording.js';

setUpRecording({ pipeline: 'functions' });

const CONTEXT = {
  awsRequestId: 'r-1',
  functionName: 'decide',
  functionVersion: '7',
  getRemainingTimeInMillis: () => 3_000,
};

describe('AWS Lambda', () => {
  test('a call is delivered before the function returns', async () => {
    const handler = xrayLambda(xray, async (event: { score: number }) => {
      xray.current()?.decide('declined', { adverse: true });
      return { statusCode: 200, body: String(event.score) };
    });
    expect(await handler({ score: 640 }, CONTEXT)).toEqual({ statusCode: 200, body: '640' });
    expect(sink.snapshots).toMatchObject([
      {
        status: 'completed',
        input: { score: 640 },
        output: { statusCode: 200 },
        decision: { outcome: 'declined' },
        metadata: { function: 'decide', request: 'r-1' },
        versions: { function: '7' },
      },
    ]);
  });

  test('errors, 5xx answers and callbacks keep their result', async () => {
    const failing = xrayLambda(xray, () => Promise.reject(new Error('no table')));
    await expect(failing({}, CONTEXT)).rejects.toThrow('no table');
    const down = xrayLambda(xray, async () => ({ statusCode: 502 }));
    expect(await down({}, CONTEXT)).toEqual({ statusCode: 502 });
    const called = xrayLambda<object, typeof CONTEXT, string>(
      xray,
      (_event, _context, callback) => {
        callback(null, 'done');
      },
    );
    expect(await called({}, CONTEXT)).toBe('done');
    expect(sink.snapshots.map(({ status }) => status)).toEqual(['failed', 'failed', 'completed']);
  });
});

describe('Next', () => {
  test('a redirect completes the execution and reaches Next', async () => {
    const redirect = Object.assign(new Error('NEXT_REDIRECT'), {
      digest: 'NEXT_REDIRECT;replace;/done;307;',
    });
    const action = xrayNext(xray, {}, async (_form: FormData) => {
      throw redirect;
    });
    await expect(action(new FormData())).rejects.toBe(redirect);
    const broken = xrayNext(xray, {}, () => Promise.reject(new Error('broken')));
    await expect(broken()).rejects.toThrow('broken');
    expect((await delivered()).map(({ status }) => status)).toEqual(['completed', 'failed']);
  });

  test('a start that chooses nothing leaves the handler unrecorded', async () => {
    const handler = xrayNext(xray, { start: () => undefined }, () => xray.current() === undefined);
    expect(await handler()).toBe(true);
    expect(await delivered()).toEqual([]);
  });
});

describe('Workers', () => {
  test('a request is recorded by a client that the environment gives', async () => {
    const waited: Promise<unknown>[] = [];
    const made: string[] = [];
    const worker = xrayWorker(
      (env: { KEY: string }) => {
        made.push(env.KEY);
        return xray;
      },
      {
        fetch(request: Request) {
          executionOf(request)?.decide('approved');
          return new Response('approved');
        },
        scheduled: () => 'unchanged',
      },
    );
    const env = { KEY: 'xr_test' };
    const context = { waitUntil: (promise: Promise<unknown>) => void waited.push(promise) };
    for (const path of ['/a', '/b']) {
      const response = await worker.fetch(new Request(`http://worker${path}`), env, context);
      expect(await response.text()).toBe('approved');
    }
    expect(worker.scheduled()).toBe('unchanged');
    expect(await Promise.all(waited)).toEqual([true, true]);
    expect(made).toEqual(['xr_test']);
    expect(await last()).toMatchObject({ decision: { outcome: 'approved' } });
  });

  test('a client that cannot be made costs the record, not the request', async () => {
    const broken = (): never => {
      throw new Error('no key');
    };
    const worker = xrayWorker(broken, { fetch: () => new Response('fine') });
    const response = await worker.fetch(new Request('http://worker/'), {}, { waitUntil() {} });
    expect(await response.text()).toBe('fine');
  });
});
