import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Db } from '#server/clickhouse/client.js';
import { applyMasks, hideExecutions } from '#server/clickhouse/erase.js';
import { APP, scopeOf } from '../support/databases.js';
import { recordOf, snapshot } from '../support/snapshots.js';
import { rowsOf, startEngine, whyNoEngine, type Engine } from './support/engine.js';

const TABLES = ['executions', 'records', 'search', 'appearances'];

describe.skipIf(whyNoEngine !== undefined)('an erasure on ClickHouse', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(() => engine.stop());

  test('hides an execution at once, and then leaves no value of it on the disk', async () => {
    const store = await engine.freshStore();
    const { db } = store;
    // A server deletes old parts after some minutes. A test does not wait for that.
    for (const table of TABLES) {
      await db.run(
        `ALTER TABLE ${table} MODIFY SETTING old_parts_lifetime = 0, cleanup_delay_period = 1,
          cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 1`,
      );
    }
    const made = (executionId: string, word: string) =>
      snapshot({
        executionId,
        metadata: { note: word },
        steps: [
          {
            name: 'choose',
            candidates: {
              in: 1,
              out: 1,
              byOutcome: { selected: 1 },
              items: [{ id: word, outcome: 'selected' }],
            },
          },
        ],
      });
    await store.saveExecutions([
      recordOf(made('erased', 'jellyfish')),
      recordOf(made('kept', 'seahorse')),
    ]);
    const idsFor = async (q: string): Promise<string[]> => {
      const question = { ...scopeOf(q), sort: '-at' as const, after: undefined, limit: 10 };
      return (await store.listExecutions(question)).items.map(({ executionId }) => executionId);
    };
    expect(await idsFor('jellyfish')).toEqual(['erased']);

    await hideExecutions(db, APP, ['erased']);
    expect(await idsFor('jellyfish')).toEqual([]);
    expect(await idsFor('')).toEqual(['kept']);
    expect(await store.readExecution(APP, 'erased')).toBeUndefined();

    await applyMasks(db);
    for (const table of TABLES) {
      // First proof: no masked row is left in a part that is read.
      const rows = await rowsOf<{ id: string }>(
        db,
        `SELECT execution_id AS id FROM ${table} SETTINGS apply_deleted_mask = 0`,
      );
      expect(rows.map(({ id }) => id)).not.toContain('erased');
      expect(rows.map(({ id }) => id)).toContain('kept');
    }
    // Second proof: the dictionary of the text index has no word of it.
    const tokens = await rowsOf<{ token: string }>(
      db,
      'SELECT token FROM mergeTreeTextIndex(currentDatabase(), search, words_index)',
    );
    expect(tokens.map(({ token }) => token)).not.toContain('jellyfish');
    expect(tokens.map(({ token }) => token)).toContain('seahorse');
    if (process.env.XRAY_TEST_FULL === '1') await expectNoOldParts(db);
  });

  test('an execution that is sent again after its erasure is stored', async () => {
    const store = await engine.freshStore();
    const record = recordOf(snapshot({ executionId: 'again' }));
    await store.saveExecutions([record]);
    await hideExecutions(store.db, APP, ['again']);
    expect(await store.saveExecutions([record])).toEqual([{ kind: 'accepted' }]);
    expect((await store.readExecution(APP, 'again'))?.body).toBe(record.body);
  });
});

/** The third proof: the parts from before are gone from the disk, which takes the engine half a minute. */
async function expectNoOldParts(db: Db): Promise<void> {
  await vi.waitFor(
    async () => {
      const inactive = await rowsOf(
        db,
        'SELECT name FROM system.parts WHERE database = currentDatabase() AND NOT active',
      );
      expect(inactive).toEqual([]);
    },
    { timeout: 55_000, interval: 500 },
  );
}
