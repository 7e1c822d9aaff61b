// Reads query plans and table sizes from the database.
import { setTimeout } from 'node:timers/promises';
import { query } from '../ingest/postgres.mjs';
import { untilIdle } from '../ingest/process-figures.mjs';
import { startServer, stop } from '../ingest/server.mjs';
import { askerOf, chosen } from './measure.mjs';

/** Tables with payloads, or with the words of payloads. */
const PAYLOADS = ['bodies', 'segment_blocks'];
/** Below this size the planner should scan the table. */
const LARGE_BYTES = 10e6;
/** Time for the log to arrive through its pipe, in ms. */
const LOG_DELAY_MS = 500;

/**
 * Asks each question once with auto_explain on, which logs the plan of every statement. Throws if a plan scans a
 * large table of payloads.
 */
export async function explainAll({ env, url, total, wanted, readLog }) {
  await query(url, "ALTER DATABASE xray SET session_preload_libraries = 'auto_explain'");
  await query(url, "ALTER DATABASE xray SET auto_explain.log_min_duration = '0'");
  const large = await query(
    url,
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'xray'::regnamespace AND relkind = 'r'
     AND pg_table_size(oid) > ${LARGE_BYTES}`,
  );
  const payloads = PAYLOADS.filter((table) => large.some(({ name }) => name === table));
  const scanning = [];
  let statements = 0;
  // The server's connections are new, so they have loaded the library.
  const server = await startServer(env);
  try {
    // The server's jobs scan tables when they start. That is not part of a question.
    await untilIdle(server);
    for (const question of chosen(total, wanted)) {
      const before = readLog().length;
      const ask = await askerOf(server, question);
      await ask(0);
      await setTimeout(LOG_DELAY_MS);
      const plans = readLog().slice(before);
      statements += plans.split('Query Text:').length - 1;
      const scans = payloads.filter((table) => new RegExp(`Seq Scan on ${table}\\b`).test(plans));
      if (scans.length > 0 && !question.readsMuch)
        scanning.push(`${question.name}: ${scans.join(', ')}`);
    }
  } finally {
    await stop(server);
    await query(url, 'ALTER DATABASE xray RESET ALL');
  }
  if (statements === 0) throw new Error('no plan was logged');
  if (scanning.length > 0) throw new Error(`payloads are scanned: ${scanning.join('; ')}`);
  console.log(
    `\nEXPLAIN: none of ${statements} statements scans ${payloads.join(' or ') || 'anything large'}`,
  );
}

export async function printSizes(url) {
  const [{ steps }] = await query(url, 'SELECT count(*)::float8 AS steps FROM xray.steps');
  const rows = await query(
    url,
    `SELECT relname AS name, pg_table_size(c.oid)::float8 AS own, pg_indexes_size(c.oid)::float8 AS indexes
     FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE nspname = 'xray' AND relkind = 'r' AND pg_total_relation_size(c.oid) > 1e6
     ORDER BY pg_total_relation_size(c.oid) DESC`,
  );
  const indexes = await query(
    url,
    `SELECT indexrelname AS name, pg_relation_size(indexrelid)::float8 AS bytes FROM pg_stat_user_indexes
     WHERE schemaname = 'xray' AND pg_relation_size(indexrelid) > 1e6 ORDER BY bytes DESC`,
  );
  const perStep = (bytes) => (bytes / steps).toFixed(0).padStart(6);
  const sum = rows.reduce((total, { own, indexes }) => total + own + indexes, 0);
  console.log(
    `\nbytes a step (${(steps / 1e6).toFixed(2)}M of them): ${(sum / steps).toFixed(0)} in all`,
  );
  for (const { name, own, indexes } of rows) {
    console.log(`  ${name.padEnd(24)} table ${perStep(own)}  indexes ${perStep(indexes)}`);
  }
  for (const { name, bytes } of indexes) console.log(`    ${name.padEnd(24)} ${perStep(bytes)}`);
}
