import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMigrations } from '#server/clickhouse/migrations.js';
import type { Flavour } from '#server/clickhouse/flavours.js';
import { rowsOf, startEngine, whyNoEngine, type Engine } from './support/engine.js';

const FLAVOURS: Flavour[] = [
  { kind: 'single' },
  { kind: 'cloud' },
  { kind: 'cluster', cluster: 'xray' },
];

describe.skipIf(whyNoEngine !== undefined)('the migrations of ClickHouse', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(() => engine.stop());

  test('a second start applies nothing', async () => {
    const store = await engine.freshStore();
    expect(await store.migrate()).toEqual([]);
    const tables = await rowsOf<{ name: string }>(
      store.db,
      'SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name',
    );
    expect(tables.map(({ name }) => name)).toContain('executions');
  });

  test.each(FLAVOURS)(
    'every statement for $kind is one that the engine parses',
    async (flavour) => {
      const { db } = await engine.freshStore();
      const statements = readMigrations(flavour).flatMap((migration) => migration.statements);
      for (const statement of statements) {
        expect(statement).not.toContain('{{');
        await db.run(`EXPLAIN AST ${statement}`);
      }
      const isSharded = flavour.kind === 'cluster';
      expect(statements.some((text) => text.includes('Distributed('))).toBe(isSharded);
      expect(statements.some((text) => text.includes('Replicated'))).toBe(isSharded);
      expect(statements.every((text) => text.includes(' ON CLUSTER '))).toBe(isSharded);
    },
  );
});
