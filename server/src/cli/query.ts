import type { Command } from 'commander';
import { printable, quoted, readWholeNumber, type ExecutionPage } from '@xray/core';
import { AdministratorError } from '../administrator.js';
import { appPath, asAdministrator } from './ask.js';
import { UsageError, cell, type Terminal } from './terminal.js';

interface QueryOptions {
  app: string;
  from?: string;
  to?: string;
  sort?: string;
  limit: string;
  json?: true;
}

type Item = ExecutionPage['items'][number];

/** The server's largest page. */
const MAX_PAGE = 200;
/** A column shows at most this many characters. */
const MAX_COLUMN = 40;

/** `xray query` */
export function addQueryCommand(program: Command, terminal: Terminal): void {
  program
    .command('query')
    .description('list the executions that match a filter, newest first')
    .argument(
      '[filter]',
      "such as 'pipeline:loan outcome:declined -env:test'; without a filter, all executions",
    )
    .requiredOption('--app <id>', 'the app')
    .option('--from <time>', 'only executions from this time on (ISO-8601)')
    .option('--to <time>', 'only executions before this time')
    .option('--sort <order>', 'at, -at, duration, -duration or received')
    .option('--limit <count>', 'how many executions', '50')
    .option('--json', 'print one line of JSON for each')
    .addHelpText('after', `\ndocs/query-language.md describes the filter language.`)
    .action(async (filter: string | undefined, options: QueryOptions) => {
      const limit = readWholeNumber(options.limit);
      if (limit === undefined || limit < 1)
        throw new UsageError('--limit must be a whole number, at least 1.');
      const items = await findAll(terminal, filter ?? '', options, limit);
      if (options.json) for (const item of items) terminal.json(item, 0);
      else if (items.length === 0) terminal.say('No results.');
      else terminal.say(...table(items.map(cells)));
    });
}

async function findAll(
  terminal: Terminal,
  q: string,
  options: QueryOptions,
  limit: number,
): Promise<Item[]> {
  const { app, from, to, sort } = options;
  const given = Object.entries({ q, from, to, sort }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  );
  const items: Item[] = [];
  await asAdministrator(terminal, async (administrator) => {
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

/** Adds the filter and a mark under the error, if the server gave its position. */
function pointed(error: unknown, q: string): unknown {
  if (!(error instanceof AdministratorError)) return error;
  const place = error.details.find(({ path }) => path === 'q')?.position;
  if (place === undefined) return error;
  const before = printable(q.slice(0, place));
  const mark = `${' '.repeat(before.length)}^`;
  return new AdministratorError(`${error.message}\n\n  ${printable(q)}\n  ${mark}`);
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
  ].map((text, column, { length }) =>
    column === length - 1 ? cell(text) : quoted(cell(text), MAX_COLUMN),
  );
}

function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
