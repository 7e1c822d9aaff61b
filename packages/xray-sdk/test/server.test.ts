import { XRaySDK } from '@xray/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { isServerBuilt, type RealServer, startBadNetwork, startRealServer } from './real-server.js';

describe.skipIf(!isServerBuilt)("against X-Ray's own server (needs its build)", () => {
  let server: RealServer;

  beforeAll(async () => {
    server = await startRealServer();
  }, 60_000);

  afterAll(async () => {
    await server.stop();
  });

  function client(pipeline: string, endpoint: string = server.url): XRaySDK {
    const { apiKey, appId } = server;
    return new XRaySDK({ apiKey, appId, pipeline, endpoint, delivery: { maxBatch: 40 } });
  }

  /** Reads stored executions of the app. The key may also read. */
  async function read(path: string): Promise<Response> {
    const headers = { 'x-api-key': server.apiKey };
    return fetch(`${server.url}/api/apps/${server.appId}/executions${path}`, { headers });
  }

  async function storedIds(pipeline: string): Promise<string[]> {
    const answer = await read(`?pipeline=${pipeline}&limit=200`);
    const { items } = (await answer.json()) as { items: readonly { executionId: string }[] };
    return items.map(({ executionId }) => executionId).sort();
  }

  test('the server stores an execution as the SDK recorded it', async () => {
    const xray = client('whole');
    const id = await xray.run({ subject: { applicant: 'a-17' } }, async (execution) => {
      await execution.step('score', { kind: 'retrieve' }, async () => ({ score: 640, big: 10n }));
      execution.step('filter', (step) =>
        step.filter([1, 2, 3], { id: String, rules: [{ id: 'odd', test: (n) => n % 2 === 1 }] }),
      );
      execution.decide('declined', { adverse: true, reasons: ['SCORE_LOW'] });
      return execution.id;
    });
    expect(await xray.shutdown()).toBe(true);
    const stored = await read(`/${id}`);
    expect(await stored.json()).toMatchObject({
      snapshot: {
        pipeline: 'whole',
        subjects: [{ type: 'applicant', id: 'a-17' }],
        decision: { outcome: 'declined', adverse: true, reasons: [{ code: 'SCORE_LOW' }] },
        steps: [
          { name: 'score', kind: 'retrieve', output: { score: 640, big: '10' } },
          { name: 'filter', kind: 'filter', candidates: { in: 3, out: 2 } },
        ],
        marks: [{ path: '/steps/0/output/big', kind: 'coerced' }],
      },
    });
    expect(xray.stats()).toMatchObject({ recorded: 1, delivered: 1, unconfirmed: 0, dropped: {} });
  });

  test('the client resends after a lost answer, and nothing is stored twice', async () => {
    const network = await startBadNetwork(server.url, (request) => request === 1 || request === 3);
    const xray = client('lossy', network.endpoint);
    const ids = Array.from({ length: 100 }, (_, index) => {
      const execution = xray.startExecution();
      execution.recordStep({ name: 'only', output: index });
      execution.completeExecution();
      return execution.id;
    });
    await xray.flush(10_000);
    expect(await xray.flush(10_000)).toBe(true);
    await network.close();
    const sum = (key: 'accepted' | 'duplicates'): number =>
      network.receipts.reduce((total, receipt) => total + receipt[key], 0);
    expect(await storedIds('lossy')).toEqual(ids.sort());
    expect(sum('accepted')).toBe(100);
    expect(sum('duplicates')).toBe(80);
    expect(xray.stats()).toMatchObject({ recorded: 100, delivered: 100, retries: 2, dropped: {} });
  }, 30_000);

  test('the client reports a wrong key and counts every lost snapshot', async () => {
    const { appId, url } = server;
    const apiKey = 'xr_wrong';
    const xray = new XRaySDK({ apiKey, appId, pipeline: 'refused', endpoint: url });
    xray.startExecution().completeExecution();
    await xray.flush();
    expect(xray.stats()).toMatchObject({ recorded: 1, delivered: 0, dropped: { unauthorized: 1 } });
  });
});
