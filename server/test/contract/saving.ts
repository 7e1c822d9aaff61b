import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isConflict, mergeStates, type Snapshot } from '@xray/core';
import type { FoundExecution } from '#server/store/answers.js';
import type { ExecutionStore } from '#server/store/execution-store.js';
import { APP, scopeOf } from '../support/databases.js';
import { recordOf, snapshot } from '../support/snapshots.js';
import { freshStore, type OpenStore } from './open-store.js';

/** Saving under the merge rule. */
export function savingCases(open: OpenStore): void {
  describe('saving', () => {
    test('distinguishes new, repeated and outdated flushes', async () => {
      const store = await freshStore(open);
      const first = snapshot({ status: 'running', revision: 1 });
      const second = { ...first, status: 'completed' as const, revision: 2 };
      expect(await store.saveExecutions([recordOf(second)])).toEqual([{ kind: 'accepted' }]);
      expect(await store.saveExecutions([recordOf(second)])).toEqual([{ kind: 'duplicate' }]);
      expect(await store.saveExecutions([recordOf(first)])).toEqual([{ kind: 'superseded' }]);
      const [row] = await listed(store);
      expect(row).toMatchObject({ status: 'completed', revision: 2, conflict: false });
    });

    test('replaces header, steps and body of the losing flush', async () => {
      const store = await freshStore(open);
      const long = snapshot({ status: 'running', revision: 1, tags: ['old'] });
      const short = { ...long, revision: 2, tags: ['new'], steps: [{ name: 'only' }] };
      await store.saveExecutions([recordOf(long)]);
      await store.saveExecutions([recordOf(short)]);
      const [row] = await listed(store);
      expect(row).toMatchObject({ tags: ['new'], stepCount: 1 });
      expect(await storedNames(store, long.executionId)).toEqual(['only']);
    });

    test('ends in the state of the pure merge rule, for any order, batches and parallel writes', async () => {
      const store = await freshStore(open);
      const flush = fc.record({
        terminal: fc.boolean(),
        revision: fc.integer({ min: 1, max: 3 }),
        instanceId: fc.constantFrom(undefined, 'a', 'b'),
        tag: fc.constantFrom('x', 'y'),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(flush, { minLength: 1, maxLength: 6 }),
          fc.integer({ min: 1, max: 4 }),
          fc.boolean(),
          async (flushes, batchSize, atOnce) => {
            const executionId = crypto.randomUUID();
            const records = flushes.map(({ terminal, revision, instanceId, tag }) =>
              recordOf({
                ...snapshot({ executionId, revision, tags: [tag] }),
                status: terminal ? 'completed' : 'running',
                ...(instanceId !== undefined && { instanceId }),
                steps: Array.from({ length: revision }, (_, i) => ({ name: `${tag}${i}` })),
              }),
            );
            const saving: Promise<unknown>[] = [];
            for (let i = 0; i < records.length; i += batchSize) {
              saving.push(store.saveExecutions(records.slice(i, i + batchSize)));
              if (!atOnce) await saving.at(-1);
            }
            await Promise.all(saving);
            const expected = records.map((r) => r.merge).reduce(mergeStates);
            const winner = records.find(
              (r) => r.merge.winner.bodyHash === expected.winner.bodyHash,
            );
            const stored = await store.readExecution(APP, executionId);
            expect(stored?.body).toBe(winner?.body);
            expect(stored?.conflict).toBe(isConflict(expected));
            const [row] = await listed(store, `id:${executionId}`);
            expect(row).toMatchObject({
              revision: expected.winner.revision,
              tags: winner?.header.tags,
              stepCount: winner?.steps.length,
            });
          },
        ),
        { numRuns: 60 },
      );
    });

    test('stores one execution if twenty writers send it at the same time', async () => {
      const store = await freshStore(open);
      const base = snapshot();
      const flushes = Array.from({ length: 20 }, (_, i) =>
        recordOf({
          ...base,
          revision: ((i * 7) % 20) + 1,
          steps: [{ name: `r${((i * 7) % 20) + 1}` }],
        }),
      );
      await Promise.all(flushes.map((record) => store.saveExecutions([record])));
      expect(await listed(store)).toHaveLength(1);
      expect(await storedNames(store, base.executionId)).toEqual(['r20']);
    });

    test('two batches with the same executions in opposite order do not deadlock', async () => {
      const store = await freshStore(open);
      const bases = Array.from({ length: 20 }, () => snapshot());
      const batch = (revision: number) => bases.map((base) => recordOf({ ...base, revision }));
      await store.saveExecutions(batch(1));
      await Promise.all(
        [2, 3, 4, 5].map((revision) =>
          store.saveExecutions(revision % 2 === 0 ? batch(revision) : batch(revision).toReversed()),
        ),
      );
      const rows = await listed(store);
      expect(rows.map(({ revision }) => revision)).toEqual(bases.map(() => 5));
    });

    test('stores names with characters that Postgres text cannot hold', async () => {
      const store = await freshStore(open);
      const odd = snapshot({ pipeline: 'a\0b\ud800c', tags: ['\0'] });
      expect(await store.saveExecutions([recordOf(odd)])).toEqual([{ kind: 'accepted' }]);
      const stored = await store.readExecution(APP, odd.executionId);
      expect(JSON.parse(stored?.body ?? '')).toEqual(odd);
      const [row] = await listed(store);
      expect(row?.pipeline).toBe('a\ufffdb\ufffdc');
    });
  });
}

async function storedNames(store: ExecutionStore, executionId: string): Promise<string[]> {
  const stored = await store.readExecution(APP, executionId);
  return (JSON.parse(stored?.body ?? '{"steps":[]}') as Snapshot).steps.map((step) => step.name);
}

async function listed(store: ExecutionStore, q = ''): Promise<FoundExecution[]> {
  const all = { ...scopeOf(q), sort: '-at', after: undefined, limit: 1_000 } as const;
  return (await store.listExecutions(all)).items;
}
