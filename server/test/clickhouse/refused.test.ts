import { expect, test } from 'vitest';
import { loadConfig } from '#server/config.js';

test('a server does not start on ClickHouse while it cannot answer every question there', () => {
  const settings = { DATABASE_URL: 'postgres://x@127.0.0.1/x', CLICKHOUSE_URL: 'http://127.0.0.1' };
  expect(() => loadConfig(settings)).toThrow(/CLICKHOUSE_URL.*does not yet answer every question/s);
});
