// Compares ways to write a batch: the server's own statement, arrays with unnest, and COPY into staging tables
// that are merged. One connection, no HTTP: records in, committed rows out.
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { PGlite, types } from '@electric-sql/pglite';
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { makeExecution } from './executions.mjs';
import { STEPS } from './load.mjs';
import { withPostgres } from './postgres.mjs';
import { APP, runXray } from './server.mjs';

const DIST = path.resolve(import.meta.dirname, '../../server/dist');
const load = async (file) => await import(pathToFileURL(path.join(DIST, file)).href);
const { saveExecutions, headerRow, stepRows } = await load(
  'postgres/executions/save-executions.js',
);
const { HEADER, MERGE, STEP } = await load('postgres/executions/save-columns.js');
const { readSnapshot } = await load('records/read-snapshot.js');

const BATCHES = [100, 10, 1];
const ROUNDS = 7;
/** Rows of one execution: its header, its body, its steps. */
const ROWS = 2 + STEPS;

const EXECUTION = { app: 'text', execution_id: 'text', ...HEADER, ...MERGE };
const ROW = { execution_id: 'text', ...STEP };
const BODY = { execution_id: 'text', body: 'text' };

/** Runs the race on both drivers: `total` executions a shape and batch size, a tenth of them in batches of one. */
export async function shapes({ folder, total }) {
  await withPostgres(folder, async ({ database }) => {
    const url = await database('shapes');
    await runXray(['migrate'], { DATABASE_URL: url });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await race('postgres', ofPostgres(client), total);
    await client.end();
  });
  const dataDir = path.join(folder, 'shapes');
  await runXray(['migrate'], { XRAY_DATA_DIR: dataDir });
  const pglite = await PGlite.create(path.join(dataDir, 'db'), {
    serializers: { [types.BYTEA]: (bytes) => `\\x${Buffer.from(bytes).toString('hex')}` },
  });
  await race('pglite', ofPglite(pglite), total);
  await pglite.close();
}

const SHAPES = {
  'json_to_recordset (ours)': (connection, records) => saveExecutions(connection.db, records),
  unnest: writeUnnested,
  'COPY into staging, merge': writeStaged,
};

async function race(driver, connection, total) {
  await connection.run(
    [staging('executions', EXECUTION), staging('bodies', BODY), staging('steps', ROW)].join(';'),
  );
  console.log(`\n${driver}, executions/s, median of ${ROUNDS} rounds in turn, and of ours`);
  let seed = Date.now();
  for (const batch of BATCHES) {
    const count = Math.max(
      batch,
      Math.floor(total / ROUNDS / batch / (batch === 1 ? 10 : 1)) * batch,
    );
    const rates = new Map(Object.keys(SHAPES).map((name) => [name, []]));
    for (let round = -1; round < ROUNDS; round++) {
      for (const [name, write] of Object.entries(SHAPES)) {
        const records = makeRecords(seed++, count);
        const before = await connection.count();
        const startedAt = performance.now();
        for (let from = 0; from < count; from += batch) {
          await write(connection, records.slice(from, from + batch));
        }
        const seconds = (performance.now() - startedAt) / 1000;
        const stored = (await connection.count()) - before;
        if (stored !== count * ROWS) throw new Error(`${name}: ${stored} of ${count * ROWS} rows`);
        if (round >= 0) rates.get(name).push(count / seconds);
      }
    }
    const medians = [...rates].map(([name, found]) => [
      name,
      found.toSorted((a, b) => a - b)[ROUNDS >> 1],
    ]);
    for (const [name, rate] of medians) {
      const ratio = (rate / medians[0][1]).toFixed(2);
      console.log(
        `  batches of ${String(batch).padEnd(4)} ${name.padEnd(26)} ${rate.toFixed(0).padStart(7)}  ${ratio}`,
      );
    }
  }
}

function makeRecords(seed, count) {
  const receivedAt = new Date();
  return Array.from({ length: count }, (_, index) => {
    const text = JSON.stringify({ ...makeExecution(seed, index), appId: APP });
    const read = readSnapshot(text, { app: APP, environments: null }, receivedAt);
    if (!read.ok) throw new Error(read.message);
    return read.record;
  });
}

/** Turns a batch into one array of values for each column of each table. */
function tablesOf(records) {
  const executions = records.map((record) => {
    const { winner, ...merge } = record.merge;
    return {
      app: record.app,
      execution_id: record.executionId,
      ...headerRow(record),
      terminal: winner.terminal,
      revision: winner.revision,
      body_hash: winner.bodyHash,
      contested: merge.contested,
      running_revision: merge.runningRevision,
      instance_id: merge.instanceId,
      many_instances: merge.manyInstances,
    };
  });
  const bodies = records.map(({ executionId, body }) => ({ execution_id: executionId, body }));
  const steps = records.flatMap((record) =>
    stepRows(record, 0).map((row) => ({ execution_id: record.executionId, ...row })),
  );
  return { executions, bodies, steps };
}

async function writeUnnested(connection, records) {
  const { executions, bodies, steps } = tablesOf(records);
  const parameters = [];
  const unnest = (rows, columns) => {
    const lists = Object.entries(columns).map(([name, type]) => {
      parameters.push(rows.map((row) => valueText(row[name])));
      return { name, type, list: `$${parameters.length}::text[]` };
    });
    const casts = lists.map(({ name, type }) => `${name}::${type} AS ${name}`);
    return `(SELECT ${casts} FROM unnest(${lists.map(({ list }) => list)})
      AS u(${lists.map(({ name }) => name)}))`;
  };
  const from = [unnest(executions, EXECUTION), unnest(bodies, BODY), unnest(steps, ROW)];
  await connection.query(merge(...from), parameters);
}

async function writeStaged(connection, records) {
  const { executions, bodies, steps } = tablesOf(records);
  await connection.run('BEGIN');
  await connection.copy('staged_executions', EXECUTION, executions);
  await connection.copy('staged_bodies', BODY, bodies);
  await connection.copy('staged_steps', ROW, steps);
  await connection.run(
    `${merge('staged_executions', 'staged_bodies', 'staged_steps')};
    TRUNCATE staged_executions, staged_bodies, staged_steps; COMMIT`,
  );
}

function merge(executions, bodies, steps) {
  const names = Object.keys(EXECUTION).join(', ');
  return `WITH inserted AS (
      INSERT INTO xray.executions (${names}) SELECT ${names} FROM ${executions} AS e
      ON CONFLICT (app, execution_id) DO NOTHING RETURNING id, execution_id
    ), new_bodies AS (
      INSERT INTO xray.bodies (execution, body)
      SELECT id, body FROM ${bodies} AS b JOIN inserted USING (execution_id)
    )
    INSERT INTO xray.steps (execution, ${Object.keys(STEP)})
    SELECT id, ${Object.keys(STEP)} FROM ${steps} AS s JOIN inserted USING (execution_id)`;
}

/** Temporary tables, created once. This flatters COPY: behind a pooler in transaction mode each batch would create them. */
function staging(name, columns) {
  const list = Object.entries(columns).map((column) => column.join(' '));
  return `CREATE TEMPORARY TABLE staged_${name} (${list})`;
}

function valueText(value) {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return `{${value.map((item) => JSON.stringify(item)).join(',')}}`;
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function copyText(columns, rows) {
  const names = Object.keys(columns);
  const escape = (text) =>
    text
      .replaceAll('\\', String.raw`\\`)
      .replaceAll('\n', String.raw`\n`)
      .replaceAll('\t', String.raw`\t`);
  const cell = (value) => (value === null ? String.raw`\N` : escape(value));
  return rows
    .map((row) => `${names.map((name) => cell(valueText(row[name]))).join('\t')}\n`)
    .join('');
}

function ofPostgres(client) {
  const query = async (text, values) => await client.query(text, values);
  return connectionOver({
    query,
    run: async (text) => await client.query(text),
    async copy(table, columns, rows) {
      const stream = client.query(copyFrom(`COPY ${table} (${Object.keys(columns)}) FROM STDIN`));
      await pipeline(Readable.from([copyText(columns, rows)]), stream);
    },
  });
}

function ofPglite(pglite) {
  return connectionOver({
    query: async (text, values) => await pglite.query(text, values),
    run: async (text) => await pglite.exec(text),
    async copy(table, columns, rows) {
      const blob = new Blob([copyText(columns, rows)]);
      const text = `COPY ${table} (${Object.keys(columns)}) FROM '/dev/blob'`;
      await pglite.query(text, [], { blob });
    },
  });
}

function connectionOver(raw) {
  const connection = {
    async executeQuery({ sql, parameters }) {
      const { rows } = await raw.query(sql, [...parameters]);
      return { rows };
    },
  };
  const driver = {
    async init() {},
    acquireConnection: async () => connection,
    async releaseConnection() {},
    beginTransaction: () => raw.run('BEGIN'),
    commitTransaction: () => raw.run('COMMIT'),
    rollbackTransaction: () => raw.run('ROLLBACK'),
    async destroy() {},
  };
  const db = new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (own) => new PostgresIntrospector(own),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }).withSchema('xray');
  return {
    ...raw,
    db,
    async count() {
      const { rows } = await raw.query(
        `SELECT ((SELECT count(*) FROM xray.executions) + (SELECT count(*) FROM xray.bodies)
          + (SELECT count(*) FROM xray.steps))::int AS n`,
        [],
      );
      return rows[0].n;
    },
  };
}
