import {
  ErrorCode,
  InMemoryProvider,
  OpenFeature,
  type Provider,
  StandardResolutionReasons,
} from '@openfeature/server-sdk';
import {
  InMemoryProvider as WebProvider,
  OpenFeature as WebOpenFeature,
} from '@openfeature/web-sdk';
import { xrayFlagHook } from '@xray/sdk/openfeature';
import { beforeEach, describe, expect, test } from 'vitest';

import { delivered, last, setUpRecording, xray } from '../recording.js';

setUpRecording({ pipeline: 'checkout' });

const FLAGS = {
  'v2-enabled': { variants: { on: true, off: false }, defaultVariant: 'on', disabled: false },
};

describe('the server SDK', () => {
  beforeEach(async () => {
    OpenFeature.clearHooks();
    await OpenFeature.setProviderAndWait(new InMemoryProvider(FLAGS));
  });

  test('an evaluation in an execution is a step with variant, reason and targeting key', async () => {
    OpenFeature.addHooks(xrayFlagHook(xray));
    const client = OpenFeature.getClient();
    const isNew = await xray.run(() =>
      client.getBooleanValue('v2-enabled', false, { targetingKey: 'user-7', email: 'a@b.c' }),
    );
    expect(isNew).toBe(true);
    const snapshot = await last();
    expect(snapshot.steps).toMatchObject([
      {
        name: 'v2-enabled',
        kind: 'evaluate',
        input: { flag: 'v2-enabled', defaultValue: false, targetingKey: 'user-7' },
        output: { value: true, variant: 'on', reason: 'STATIC' },
        actor: { type: 'service', id: 'in-memory' },
      },
    ]);
    expect(JSON.stringify(snapshot)).not.toContain('a@b.c');
    expect(snapshot).not.toHaveProperty('subjects');
  });

  test('the hashed targeting key becomes the subject if the host asks for that', async () => {
    const hook = xrayFlagHook(xray, { subject: 'user', hash: (key) => `h-${String(key.length)}` });
    OpenFeature.addHooks(hook);
    await xray.run(() =>
      OpenFeature.getClient().getBooleanValue('v2-enabled', false, { targetingKey: 'user-7' }),
    );
    const snapshot = await last();
    expect(snapshot.subjects).toEqual([{ type: 'user', id: 'h-6', idForm: 'hmac' }]);
    expect(JSON.stringify(snapshot)).not.toContain('user-7');
  });

  test('outside of an execution it records nothing, unless the host asks for an execution', async () => {
    OpenFeature.addHooks(xrayFlagHook(xray));
    await OpenFeature.getClient().getBooleanValue('v2-enabled', false);
    expect(await delivered()).toEqual([]);
    OpenFeature.clearHooks();
    OpenFeature.addHooks(xrayFlagHook(xray, { start: { pipeline: 'flags' } }));
    await OpenFeature.getClient().getBooleanValue('v2-enabled', false);
    expect(await delivered()).toMatchObject([{ pipeline: 'flags', steps: [{ kind: 'evaluate' }] }]);
  });

  test('errors of an evaluation fail the step, and the host gets the default', async () => {
    const throwing = {
      metadata: { name: 'throwing' },
      resolveBooleanEvaluation: () => Promise.reject(new Error('no connection')),
    };
    OpenFeature.addHooks(xrayFlagHook(xray));
    const client = OpenFeature.getClient();
    await xray.run(async () => {
      const details = await client.getBooleanDetails('no-such-flag', true);
      expect(details).toMatchObject({ value: true, errorCode: ErrorCode.FLAG_NOT_FOUND });
      await OpenFeature.setProviderAndWait(throwing as unknown as Provider);
      const { reason, value } = await client.getBooleanDetails('v2-enabled', true);
      expect([reason, value]).toEqual([StandardResolutionReasons.ERROR, true]);
    });
    expect((await last()).steps).toMatchObject([
      { status: 'failed', output: { value: true, reason: 'ERROR' } },
      { status: 'failed', error: { message: 'no connection' }, actor: { id: 'throwing' } },
    ]);
  });

  test('a hash that throws costs only the targeting key', async () => {
    const hash = () => {
      throw new Error('no key');
    };
    OpenFeature.addHooks(xrayFlagHook(xray, { subject: 'user', hash }));
    const client = OpenFeature.getClient();
    await xray.run(async () => {
      const found = await client.getBooleanValue('v2-enabled', false, { targetingKey: 'user-7' });
      expect(found).toBe(true);
    });
    expect(JSON.stringify(await last())).not.toContain('user-7');
  });
});

test('the web SDK evaluates without waiting, and its hook records the same', async () => {
  await WebOpenFeature.setProviderAndWait(new WebProvider(FLAGS));
  WebOpenFeature.addHooks(xrayFlagHook(xray));
  const isNew = xray.run(() => WebOpenFeature.getClient().getBooleanValue('v2-enabled', false));
  expect(isNew).toBe(true);
  expect((await last()).steps).toMatchObject([{ output: { value: true, variant: 'on' } }]);
});
