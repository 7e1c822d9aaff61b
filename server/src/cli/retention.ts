import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ErasureCount, PruneRequest, PruneResult, Retention, RetentionRule } from '@xray/core';
import type { Administrator } from '../administrator.js';
import { addTo } from '../upkeep/prune.js';
import { appPath, asAdministrator } from './ask.js';
import { UsageError, confirm, formatBytes, printJson, say } from './terminal.js';

/** Passes over a scope that writers hold a part of, before the erasure says that some is left. */
const MAX_PASSES = 5;
const UNIT_MS = { h: 3_600_000, d: 24 * 3_600_000, w: 7 * 24 * 3_600_000 };

interface RetentionOptions {
  app: string;
  environment?: string;
  days?: number | 'forever';
  legalHold?: boolean;
  json?: true;
}

interface PruneOptions {
  app: string;
  environment?: string;
  olderThan?: number;
  execution?: string;
  subject?: { type: string; id: string };
  dryRun?: true;
  yes?: true;
  json?: true;
}

export function addRetentionCommands(program: Command): void {
  program
    .command('retention')
    .description('show how long an app’s executions are kept, or change it')
    .requiredOption('--app <id>', 'the app')
    .option('--environment <name>', 'a rule for this environment alone')
    .addOption(new Option('--days <days>', 'keep for so long, or "forever"').argParser(readDays))
    .addOption(
      new Option('--legal-hold <on|off>', 'while on, nothing is deleted, whoever asks').argParser(
        readSwitch,
      ),
    )
    .option('--json', 'print JSON')
    .action(async (options: RetentionOptions) => {
      const retention = await asAdministrator((administrator) =>
        options.days === undefined && options.legalHold === undefined
          ? readRules(administrator, options.app)
          : changeRule(administrator, options),
      );
      if (options.json) printJson(retention);
      else if (retention.items.length === 0) say('No rule: all is kept for ever.');
      else say(retention.items.map(describeRule).join('\n'));
    });

  program
    .command('prune')
    .description('erase executions: what the retention rules no longer keep, or what you name')
    .requiredOption('--app <id>', 'the app')
    .option('--environment <name>', 'of this environment alone')
    .addOption(
      new Option('--older-than <age>', 'received longer ago than this: 30d, 12h, 4w')
        .argParser(readAge)
        .conflicts(['execution', 'subject']),
    )
    .addOption(new Option('--execution <id>', 'this execution').conflicts(['subject']))
    .addOption(
      new Option('--subject <type/id>', 'all executions of this subject').argParser(readSubject),
    )
    .option('--dry-run', 'only count')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action(async (options: PruneOptions) => {
      const result = await asAdministrator((administrator) => prune(administrator, options));
      if (options.json) printJson(result);
      else say(describeResult(result, options.dryRun === true));
      if (options.dryRun !== true && result.left?.executions !== 0) process.exitCode = 1;
    });
}

async function readRules(administrator: Administrator, app: string): Promise<Retention> {
  return await administrator.call<Retention>('GET', appPath(app, 'retention'));
}

/** A new rule of an environment begins as the general one, so that naming it changes nothing else. */
async function changeRule(
  administrator: Administrator,
  options: RetentionOptions,
): Promise<Retention> {
  const environment = options.environment ?? null;
  const rules: RetentionRule[] = (await readRules(administrator, options.app)).items;
  const general = rules.find((rule) => rule.environment === null);
  const before = rules.find((rule) => rule.environment === environment);
  const days = options.days ?? (before ?? general)?.days ?? null;
  const { legalHold = before?.legalHold ?? false } = options;
  return await administrator.call<Retention>('PUT', appPath(options.app, 'retention'), {
    items: [
      ...rules.filter((rule) => rule !== before),
      { environment, days: days === 'forever' ? null : days, legalHold },
    ],
  });
}

async function prune(administrator: Administrator, options: PruneOptions): Promise<PruneResult> {
  const { app, environment } = options;
  const request: PruneRequest = {
    what: whatOf(options),
    ...(environment !== undefined && { environment }),
  };
  if (request.what.kind === 'expired') {
    const { items } = await readRules(administrator, app);
    if (!items.some((rule) => rule.days !== null)) {
      throw new UsageError(
        `The app ${app} has no retention rule. Make one with \`xray retention --app ${app} --days 90\`, or name ` +
          'what is to go: --older-than, --execution or --subject.',
      );
    }
  }
  const send = async (more: Partial<PruneRequest>): Promise<PruneResult> =>
    await administrator.call<PruneResult>('POST', appPath(app, 'prune'), { ...request, ...more });
  const preview = await send({ dryRun: true });
  if (options.dryRun) return preview;
  if (preview.left?.executions !== 0) {
    await confirm(`${describe(preview.left)} of ${app} will be erased.`, app, options.yes === true);
  }
  const erased = { executions: 0, steps: 0, bytes: 0 };
  let result: PruneResult;
  let passes = 0;
  do {
    result = await send({});
    addTo(erased, result.erased);
    while (result.cursor !== null) {
      result = await send({ cursor: result.cursor });
      addTo(erased, result.erased);
    }
    passes++;
  } while (result.left?.executions !== 0 && passes < MAX_PASSES);
  return { ...result, erased };
}

function whatOf({ olderThan, execution, subject }: PruneOptions): PruneRequest['what'] {
  if (execution !== undefined) return { kind: 'execution', executionId: execution };
  if (subject !== undefined) return { kind: 'subject', ...subject };
  if (olderThan === undefined) return { kind: 'expired' };
  return { kind: 'received_before', before: new Date(Date.now() - olderThan).toISOString() };
}

function describeRule({
  environment,
  days,
  legalHold,
  deleted,
  lastDeletedAt,
}: Retention['items'][number]) {
  const kept = days === null ? 'kept for ever' : `kept ${days} days`;
  const hold = legalHold ? ', under legal hold' : '';
  const done = lastDeletedAt === null ? '' : `; ${deleted} deleted, last ${lastDeletedAt}`;
  return `${environment ?? 'all other environments'}: ${kept}${hold}${done}`;
}

function describeResult({ erased, left, held }: PruneResult, isDryRun: boolean): string {
  const lines = isDryRun
    ? [`Would be erased: ${describe(left)}.`]
    : [`Erased: ${describe(erased)}. Left: ${describe(left)}.`];
  if (held !== null && held > 0) lines.push(`Under legal hold, and not touched: ${held}.`);
  return lines.join('\n');
}

function describe(count: ErasureCount | null): string {
  const { executions, steps, bytes } = count ?? { executions: 0, steps: 0, bytes: 0 };
  return `${executions} executions with ${steps} steps (${formatBytes(bytes)})`;
}

function readDays(text: string): number | 'forever' {
  if (text === 'forever') return text;
  if (!/^[1-9]\d{0,4}$/.test(text))
    throw new InvalidArgumentError('A number of days or "forever".');
  return Number(text);
}

function readSwitch(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError('Either on or off.');
  return text === 'on';
}

function readAge(text: string): number {
  const [, count, unit] = /^(\d{1,6})([hdw])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('Such as 30d, 12h or 4w.');
  return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

/** The first slash divides, since an id may hold more of them. */
function readSubject(text: string): { type: string; id: string } {
  const slash = text.indexOf('/');
  if (slash < 1 || slash === text.length - 1) {
    throw new InvalidArgumentError('TYPE/ID, such as applicant/8123.');
  }
  return { type: text.slice(0, slash), id: text.slice(slash + 1) };
}
