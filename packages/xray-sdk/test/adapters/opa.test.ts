import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { xrayOpa, xrayOpaFetch } from '@xray/sdk/opa';
import { describe, expect, test } from 'vitest';

import { delivered, last, setUpRecording, xray } from '../recording.js';

setUpRecording({ pipeline: 'access' });

const DENIED = { amount: 1_500, country: 'DE' };
const CHECKS = [
  { id: 'deny', result: 'fail' },
  {
    id: 'max_amount',
    result: 'fail',
    field: 'amount',
    op: '<=',
    actual: 1_500,
    threshold: 1_000,
  },
  { id: 'app.access.allow', result: 'fail', effect: 'none' },
];
const REASONS = [
  { code: 'DENY', text: 'country is not served' },
  { code: 'AMOUNT_HIGH', ruleId: 'max_amount' },
];

/** A set of Rego has no order. */
function inAnyOrder(items: object[]): unknown {
  return expect.arrayContaining(items.map((item) => expect.objectContaining(item) as unknown));
}

describe('opa-wasm', () => {
  /** OPA 1.22.4 has compiled access.rego beside this file. */
  async function loaded() {
    const wasm = gunzipSync(await readFile(new URL('access.wasm.gz', import.meta.url)));
    return await loadPolicy(wasm);
  }

  test('a denial becomes an execution with the failed checks as its reasons', async () => {
    const policy = xrayOpa(xray, await loaded(), { version: 'r42' });
    const bare = (await loaded()).evaluate(DENIED, 'app/access');
    expect(policy.evaluate(DENIED, 'app/access')).toEqual(bare);
    expect(await last()).toMatchObject({
      versions: { policy: 'r42' },
      decision: { outcome: 'deny', adverse: true, reasons: inAnyOrder(REASONS) },
      steps: [{ name: 'app.access', kind: 'rules', input: DENIED, rules: inAnyOrder(CHECKS) }],
    });
  });

  test('a boolean result is one check, and the host decides in its own execution', async () => {
    const policy = xrayOpa(xray, await loaded());
    xray.run((execution) => {
      for (const amount of [5, 5_000])
        policy.evaluate({ amount, country: 'NZ' }, 'app/access/allow');
      execution.decide('held', { adverse: true });
    });
    const all = await delivered();
    expect(all).toMatchObject([
      {
        decision: { outcome: 'held', reasons: [{ code: 'DENIED' }] },
        steps: [
          { name: 'app.access.allow', rules: [{ result: 'pass' }] },
          { name: 'app.access.allow', rules: [{ result: 'fail' }] },
        ],
      },
    ]);
  });
});

describe('the REST API', () => {
  /** Answers as OPA 1.22.4 did, with access.rego in a bundle of revision r42. */
  const ANSWERS: Record<string, [number, string]> = {
    '/v1/data/app/access?provenance=true': [
      200,
      '{"provenance":{"version":"1.22.4","build_commit":"","build_timestamp":"","build_hostname":"","bundles":{"c.tar.gz":{"revision":"r42"}}},"result":{"allow":false,"deny":["country is not served",{"actual":1500,"code":"AMOUNT_HIGH","field":"amount","op":"\\u003c=","rule":"max_amount","threshold":1000}]}}\n',
    ],
    '/v1/data/app/none': [200, '{}\n'],
    '/v1/data/app/bad': [
      400,
      '{"code":"invalid_parameter","message":"body contains malformed input document"}',
    ],
    '/health': [200, '{}'],
  };

  async function ask(path: string, init: RequestInit) {
    const server = createServer((request, response) => {
      const [status, text] = ANSWERS[request.url ?? ''] ?? [404, ''];
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const fetch = xrayOpaFetch(xray);
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, init);
    const text = await response.text();
    server.closeAllConnections();
    server.close();
    expect([response.status, text]).toEqual(ANSWERS[path]);
  }

  test('a query is recorded with its denials and the revision of the bundle', async () => {
    const body = JSON.stringify({ input: DENIED });
    await ask('/v1/data/app/access?provenance=true', { method: 'POST', body });
    expect(await last()).toMatchObject({
      versions: { policy: 'r42' },
      decision: { outcome: 'deny', adverse: true, reasons: REASONS },
      steps: [{ name: 'app.access', input: DENIED, rules: CHECKS }],
    });
  });

  test('an undefined result, an error and other requests stay as they are', async () => {
    await ask('/v1/data/app/none', { method: 'POST', body: '{"input":{}}' });
    await ask('/v1/data/app/bad', { method: 'POST', body: '{bad' });
    await ask('/health', {});
    const all = await delivered();
    expect(all).toMatchObject([
      { decision: { outcome: 'undefined' }, steps: [{ name: 'app.none' }] },
      { steps: [{ name: 'app.bad', output: { status: 400, code: 'invalid_parameter' } }] },
    ]);
    expect(all[1]).not.toHaveProperty('decision');
  });
});
