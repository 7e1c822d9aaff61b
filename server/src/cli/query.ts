import type { Command } from 'commander';
import { quoted, type ExecutionPage } from '@xray/core';
import { AdministratorError } from '../administrator.js';
import { appPath, asAdministrator } from './ask.js';
import { UsageError, say } from './terminal.js';

interface QueryOptions {
  app: string;
  from?: string;
  to?: string;
  sort?: string;
  limit: string;
  json?: true;
}

type Item = ExecutionPage['items'][number];

/** How many the server gives at once. */
const MAX_PAGE = 200;
/** A column is cut at this many characters, so that lines stay lines. */
const MAX_COLUMN = 40;

/** `xray query` */
export function addQueryCommand(program: Command): void {
  program
    .command('query')
    .description('the executions that a filter finds, newest first')
    .argument('[filter]', "such as 'pipeline:loan outcome:declined -env:test'; all without one")
    .requiredOption('--app <id>', 'the app')
    .option('--from <time>', 'only those from this time on (ISO-8601)')
    .option('--to <time>', 'only those before this time')
    .option('--sort <order>', 'at, -at, duration, -duration or received')
    .option('--limit <count>', 'how many', '50')
    .option('--json', 'print a line of JSON for each')
    .addHelpText('after', `\ndocs/query-language.md tells the language.`)
    .action(async (filter: string | undefined, options: QueryOptions) => {
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit is a whole number.');
      const items = await findAll(filter ?? '', options, limit);
      if (options.json) for (const item of items) say(JSON.stringify(item));
      else say(items.length === 0 ? 'Nothing matches.' : table(items.map(cells)));
    });
}

async function findAll(q: string, options: QueryOptions, limit: number): Promise<Item[]> {
  const { app, from, to, sort } = options;
  const given = Object.entries({ q, from, to, sort }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  );
  const items: Item[] = [];
  await asAdministrator(async (administrator) => {
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams(given);
      query.set('limit', String(Math.min(limit - items.length, MAX_PAGE)));
      if (cursor !== null) query.set('cursor', cursor);
      const page: ExecutionPage = await administrator
        .call<ExecutionPage>('GET', appPath(app, `executions?${query}`))
        .catch((error: unknown) => {
          throw pointed(error, q);
        });
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null && items.length < limit);
  });
  return items;
}

/** With the filter and a mark under the place that is wrong, where the server named it. */
function pointed(error: unknown, q: string): unknown {
  if (!(error instanceof AdministratorError)) return error;
  const place = error.details.find(({ path }) => path === 'q')?.position;
  if (place === undefined) return error;
  return new AdministratorError(`${error.message}\n\n  ${q}\n  ${' '.repeat(place)}^`);
}

function cells(item: Item): string[] {
  return [
    item.at,
    item.outcome ?? item.status,
    item.pipeline,
    item.subjects.map(({ type, id }) => `${type}/${id}`).join(' ') || '-',
    item.reasons.join(' ') || item.errorType || '-',
    item.durationMs === null ? '-' : `${item.durationMs} ms`,
    item.executionId,
  ].map((cell, column, { length }) => (column === length - 1 ? cell : quoted(cell, MAX_COLUMN)));
}

function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
