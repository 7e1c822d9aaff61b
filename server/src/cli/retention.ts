import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  countText,
  type ErasureCount,
  type ErasureReceipt,
  type ErasureReceiptList,
  type PruneRequest,
  type PruneResult,
  type Retention,
  type RetentionRule,
} from '@xray/core';
import type { Administrator } from '../administrator.js';
import { addTo } from '../upkeep/prune.js';
import { appPath, asAdministrator } from './ask.js';
import { UsageError, formatBytes, nameList, type Terminal } from './terminal.js';

/** An erasure skips rows that a writer has locked, so it runs up to this many times. */
const MAX_PASSES = 5;
const SUBJECT_OPTIONS = ['subject', 'subjectType', 'subjectId'];
const UNIT_MS = { h: 3_600_000, d: 24 * 3_600_000, w: 7 * 24 * 3_600_000 };

interface RetentionOptions {
  app: string;
  environment?: string;
  pipeline?: string;
  days?: number | 'forever';
  legalHold?: boolean;
  json?: true;
}

interface Subject {
  type: string;
  id: string;
}

interface PruneOptions {
  app: string;
  environment?: string;
  olderThan?: number;
  execution?: string;
  subject?: Subject;
  subjectType?: string;
  subjectId?: string;
  reason?: string;
  dryRun?: true;
  yes?: true;
  json?: true;
}

export function addRetentionCommands(program: Command, terminal: Terminal): void {
  program
    .command('retention')
    .description('show or change how long an app’s executions are kept')
    .requiredOption('--app <id>', 'the app')
    .option('--environment <name>', 'the rule for this environment only')
    .option('--pipeline <name>', 'the rule for this pipeline only')
    .addOption(
      new Option('--days <days>', 'keep executions for this many days, or "forever"').argParser(
        readDays,
      ),
    )
    .addOption(
      new Option('--legal-hold <on|off>', 'while on, executions cannot be deleted').argParser(
        readSwitch,
      ),
    )
    .option('--json', 'print JSON')
    .action(async (options: RetentionOptions) => {
      const retention = await asAdministrator(terminal, (administrator) =>
        options.days === undefined && options.legalHold === undefined
          ? readRules(administrator, options.app)
          : changeRule(administrator, options),
      );
      if (options.json) terminal.json(retention);
      else if (retention.items.length === 0)
        terminal.say('No retention rule: everything is kept forever.');
      else terminal.say(...retention.items.map(describeRule));
    });

  program
    .command('erasures')
    .description('list the receipts of erasures by execution or subject, the newest first')
    .requiredOption('--app <id>', 'the app')
    .option('--json', 'print JSON')
    .action(async ({ app, json }: { app: string; json?: true }) => {
      const receipts = await asAdministrator(terminal, (administrator) =>
        administrator.call<ErasureReceiptList>('GET', appPath(app, 'erasures')),
      );
      if (json) terminal.json(receipts);
      else if (receipts.items.length === 0)
        terminal.say('No executions were erased by execution or subject.');
      else terminal.say(...receipts.items.map(describeReceipt));
    });

  program
    .command('prune')
    .description('erase expired executions, or the executions you name')
    .requiredOption('--app <id>', 'the app')
    .option('--environment <name>', 'only in this environment')
    .addOption(
      new Option('--older-than <age>', 'received more than this long ago: 30d, 12h, 4w')
        .argParser(readAge)
        .conflicts(['execution', ...SUBJECT_OPTIONS]),
    )
    .addOption(new Option('--execution <id>', 'this execution').conflicts(SUBJECT_OPTIONS))
    .addOption(
      new Option(
        '--subject <type/id>',
        'all executions of this subject; the type ends at the first /',
      )
        .argParser(readSubject)
        .conflicts(['subjectType', 'subjectId']),
    )
    .option('--subject-type <type>', 'the type, if it contains a /; needs --subject-id')
    .option('--subject-id <id>', 'the id that belongs to --subject-type')
    .option('--reason <text>', 'why an execution or subject is erased; kept, so without its id')
    .option('--dry-run', 'count only, erase nothing')
    .option('--yes', 'do not ask for confirmation')
    .option('--json', 'print JSON')
    .action(async (options: PruneOptions) => {
      const result = await asAdministrator(terminal, (administrator) =>
        prune(terminal, administrator, options),
      );
      if (options.json) terminal.json(result);
      else terminal.say(...describeResult(result, options.dryRun === true));
      if (options.dryRun !== true && result.left?.executions !== 0) terminal.exitCode = 1;
    });
}

async function readRules(administrator: Administrator, app: string): Promise<Retention> {
  return await administrator.call<Retention>('GET', appPath(app, 'retention'));
}

/** A new rule starts with the days of the general rule. */
async function changeRule(
  administrator: Administrator,
  options: RetentionOptions,
): Promise<Retention> {
  const { environment = null, pipeline = null } = options;
  const rules: RetentionRule[] = (await readRules(administrator, options.app)).items;
  const ruleOf = (scope: Pick<RetentionRule, 'environment' | 'pipeline'>) =>
    rules.find(
      (rule) => rule.environment === scope.environment && rule.pipeline === scope.pipeline,
    );
  const general = ruleOf({ environment: null, pipeline: null });
  const before = ruleOf({ environment, pipeline });
  const days = options.days ?? (before ?? general)?.days ?? null;
  const { legalHold = before?.legalHold ?? false } = options;
  return await administrator.call<Retention>('PUT', appPath(options.app, 'retention'), {
    items: [
      ...rules.filter((rule) => rule !== before),
      { environment, pipeline, days: days === 'forever' ? null : days, legalHold },
    ],
  });
}

async function prune(
  terminal: Terminal,
  administrator: Administrator,
  options: PruneOptions,
): Promise<PruneResult> {
  const { app, environment } = options;
  const request: PruneRequest = {
    what: whatOf(options),
    ...(environment !== undefined && { environment }),
    ...(options.reason !== undefined && { reason: options.reason }),
  };
  if (request.what.kind === 'expired') {
    const { items } = await readRules(administrator, app);
    if (!items.some((rule) => rule.days !== null)) {
      throw new UsageError(
        `The app ${app} has no retention rule. Add one with \`xray retention --app ${app} --days 90\`, or name ` +
          'the executions: --older-than, --execution or --subject.',
      );
    }
  }
  const send = async (more: Partial<PruneRequest>): Promise<PruneResult> =>
    await administrator.call<PruneResult>('POST', appPath(app, 'prune'), { ...request, ...more });
  const preview = await send({ dryRun: true });
  if (options.dryRun) return preview;
  if (preview.left?.executions !== 0) {
    const question = `This erases ${describe(preview.left)} of ${app}.`;
    await terminal.confirm(question, app, options.yes === true);
  }
  const erased = { executions: 0, steps: 0, bytes: 0 };
  let result: PruneResult;
  let receipt: PruneResult['receipt'] = null;
  let passes = 0;
  const sendNext = async (more: Partial<PruneRequest>): Promise<PruneResult> => {
    const next = await send({ ...more, ...(receipt !== null && { receipt: receipt.id }) });
    addTo(erased, next.erased);
    receipt = next.receipt;
    return next;
  };
  do {
    result = await sendNext({});
    while (result.cursor !== null) result = await sendNext({ cursor: result.cursor });
    passes++;
  } while (result.left?.executions !== 0 && passes < MAX_PASSES);
  return { ...result, erased };
}

function whatOf(options: PruneOptions): PruneRequest['what'] {
  const { olderThan, execution } = options;
  if (execution !== undefined) return { kind: 'execution', executionId: execution };
  const subject = subjectOf(options);
  if (subject !== undefined) return { kind: 'subject', ...subject };
  if (olderThan === undefined) return { kind: 'expired' };
  return { kind: 'received_before', before: new Date(Date.now() - olderThan).toISOString() };
}

function subjectOf({ subject, subjectType, subjectId }: PruneOptions): Subject | undefined {
  if (subjectType === undefined && subjectId === undefined) return subject;
  if (subjectType === undefined || subjectId === undefined) {
    throw new UsageError('Use --subject-type and --subject-id together.');
  }
  return { type: subjectType, id: subjectId };
}

function describeRule({
  environment,
  pipeline,
  days,
  legalHold,
  deleted,
  lastDeletedAt,
}: Retention['items'][number]) {
  const scope = [
    environment === null ? 'all other environments' : nameList([environment]),
    ...(pipeline === null ? [] : [`pipeline ${nameList([pipeline])}`]),
  ].join(', ');
  const kept = days === null ? 'kept forever' : `kept ${countText(days, 'day')}`;
  const hold = legalHold ? ', under legal hold' : '';
  const done = lastDeletedAt === null ? '' : `; ${deleted} deleted, last ${lastDeletedAt}`;
  return `${scope}: ${kept}${hold}${done}`;
}

function describeReceipt({ id, at, kind, subjectType, erased, reason, askedBy }: ErasureReceipt) {
  const what =
    kind === 'subject' ? `a subject of type ${nameList([subjectType ?? ''])}` : 'an execution';
  return `${id}  ${at}  ${what}: ${describe(erased)}. Reason: ${reason}. Requested by ${askedBy}.`;
}

function describeResult({ erased, left, held, receipt }: PruneResult, isDryRun: boolean): string[] {
  const lines = isDryRun
    ? [`This would erase ${describe(left)}.`]
    : [`Erased ${describe(erased)}. Remaining: ${describe(left)}.`];
  if (held !== null && held > 0) lines.push(`Kept by a legal hold: ${held}.`);
  if (receipt !== null) lines.push(`Receipt: ${receipt.id} (${receipt.at}).`);
  return lines;
}

function describe(count: ErasureCount | null): string {
  const { executions, steps, bytes } = count ?? { executions: 0, steps: 0, bytes: 0 };
  return `${countText(executions, 'execution')} with ${countText(steps, 'step')} (${formatBytes(bytes)})`;
}

function readDays(text: string): number | 'forever' {
  if (text === 'forever') return text;
  if (!/^[1-9]\d{0,4}$/.test(text))
    throw new InvalidArgumentError('Write a number of days or "forever".');
  return Number(text);
}

function readSwitch(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError('Write on or off.');
  return text === 'on';
}

function readAge(text: string): number {
  const [, count, unit] = /^(\d{1,6})([hdw])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('Write an age such as 30d, 12h or 4w.');
  return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

/** The first slash ends the type, because ids contain slashes more often than types do. */
function readSubject(text: string): Subject {
  const slash = text.indexOf('/');
  if (slash < 1 || slash === text.length - 1) {
    throw new InvalidArgumentError('Write TYPE/ID, such as applicant/8123.');
  }
  return { type: text.slice(0, slash), id: text.slice(slash + 1) };
}
