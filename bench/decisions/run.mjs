// npm run bench -- decisions: measures the questions about rules, rates, cases and names on a million executions.
import { run as runQueries } from '../queries/run.mjs';

export const HELP = `npm run bench -- decisions [options]
  p50 and p95 of rule history, rates, groups, cases, suggestions, fairness and evidence over HTTP, beside their targets,
  on a million executions in Postgres. The database is shared with "queries", and an interrupted filling continues.
  Takes the options of "queries".
`;
export const parts = ['server'];

/** @param {string[]} args command line arguments */
export async function run(args) {
  await runQueries(['--executions', '1000000', '--group', 'decisions', ...args]);
}
