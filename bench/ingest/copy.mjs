// Measures the limit. It reads back the rows that the server wrote, and copies them (COPY) into empty
// tables with the same indexes, in batches of the same size, one transaction each.
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

const TABLES = ['executions', 'bodies', 'steps'];

/** @returns {Promise<{ seconds: number, executions: number }>} */
export async function copyLimit(sourceUrl, targetUrl, batch) {
  const source = new pg.Client({ connectionString: sourceUrl });
  const target = new pg.Client({ connectionString: targetUrl });
  await Promise.all([source.connect(), target.connect()]);
  const columns = {};
  for (const table of TABLES) columns[table] = await columnsOf(source, table);
  const { rows: bounds } = await source.query('SELECT id FROM xray.executions ORDER BY id');
  const batches = [];
  for (let i = 0; i < bounds.length; i += batch) {
    const [first, last] = [bounds[i].id, bounds[Math.min(i + batch, bounds.length) - 1].id];
    const texts = {};
    for (const table of TABLES) {
      const key = table === 'executions' ? 'id' : 'execution';
      const query = `SELECT ${columns[table]} FROM xray.${table} WHERE ${key} BETWEEN ${first} AND ${last}`;
      texts[table] = await textOf(source.query(copyTo(`COPY (${query}) TO STDOUT`)));
    }
    batches.push(texts);
  }
  const startedAt = performance.now();
  for (const texts of batches) {
    await target.query('BEGIN');
    for (const table of TABLES) {
      const stream = target.query(copyFrom(`COPY xray.${table} (${columns[table]}) FROM STDIN`));
      await pipeline(Readable.from([texts[table]]), stream);
    }
    await target.query('COMMIT');
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const { rows } = await target.query('SELECT count(*)::int AS executions FROM xray.executions');
  await Promise.all([source.end(), target.end()]);
  return { seconds, executions: rows[0].executions };
}

async function columnsOf(client, table) {
  const { rows } = await client.query(
    `SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) AS names FROM information_schema.columns
     WHERE table_schema = 'xray' AND table_name = $1 AND is_generated = 'NEVER'`,
    [table],
  );
  return rows[0].names;
}

async function textOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
