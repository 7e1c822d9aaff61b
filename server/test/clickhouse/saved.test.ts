import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseQuery, type QueryNode } from '@xray/core';
import { APP } from '../support/databases.js';
import { NOW } from '../support/queries.js';
import { FULL_SNAPSHOT, recordOf, snapshot } from '../support/snapshots.js';
import { startEngine, whyNoEngine, type Engine } from './support/engine.js';

function queryOf(text: string): QueryNode {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  return parsed.query;
}

if (whyNoEngine !== undefined) console.warn(`ClickHouse is not tested: ${whyNoEngine}`);

describe.skipIf(whyNoEngine !== undefined)('ClickHouse', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(() => engine.stop());

  const everything = {
    app: APP,
    filter: queryOf(''),
    nowMs: NOW,
    from: undefined,
    to: undefined,
    sort: '-at' as const,
    after: undefined,
    limit: 50,
  };

  test('a saved execution is read as it was sent, and is in the list', async () => {
    const store = await engine.freshStore();
    const record = recordOf(FULL_SNAPSHOT, new Date('2026-11-01T12:00:01.234Z'));
    expect(await store.saveExecutions([record])).toEqual([{ kind: 'accepted' }]);
    expect(await store.readExecution(APP, FULL_SNAPSHOT.executionId)).toEqual({
      body: record.body,
      bytes: record.bytes,
      status: 'completed',
      receivedAt: new Date('2026-11-01T12:00:01.234Z'),
      conflict: false,
    });
    const { items, next } = await store.listExecutions(everything);
    expect(next).toBeUndefined();
    expect(items).toMatchObject([
      {
        executionId: FULL_SNAPSHOT.executionId,
        at: '2026-11-01T12:00:00.000Z',
        receivedAt: '2026-11-01T12:00:01.234Z',
        durationMs: 12.375,
        revision: 3,
        outcome: 'declined',
        adverse: true,
        subjects: [{ type: 'applicant', id: '8123' }],
        versions: { code: '1.2.3', ruleset: 'r42' },
        conflict: false,
      },
    ]);
  });

  test('a later revision replaces an earlier one, at another start as well', async () => {
    const store = await engine.freshStore();
    const executionId = 'e1';
    const first = recordOf(
      snapshot({ executionId, status: 'running', revision: 1, startedAt: '2026-11-01T12:00:00Z' }),
    );
    const second = recordOf(
      snapshot({
        executionId,
        status: 'completed',
        revision: 2,
        startedAt: '2026-11-02T12:00:00Z',
      }),
    );
    expect(await store.saveExecutions([first])).toEqual([{ kind: 'accepted' }]);
    expect(await store.saveExecutions([second])).toEqual([{ kind: 'accepted' }]);
    expect(await store.saveExecutions([first])).toEqual([{ kind: 'superseded' }]);
    expect(await store.saveExecutions([second])).toEqual([{ kind: 'duplicate' }]);
    const { items } = await store.listExecutions(everything);
    expect(items).toMatchObject([{ executionId, at: '2026-11-02T12:00:00.000Z', revision: 2 }]);
  });
});
