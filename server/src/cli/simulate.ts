import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { parseJson, simulationText, type Simulation, type SimulationLine } from '@xray/core';
import { AdministratorError } from '../administrator.js';
import { appPath, asAdministrator } from './ask.js';
import { UsageError, type Terminal } from './terminal.js';

interface SimulateOptions {
  app: string;
  query?: string;
  from?: string;
  to?: string;
  set: string[];
  all?: true;
  json?: true;
}

/** `xray simulate` */
export function addSimulateCommand(program: Command, terminal: Terminal): void {
  program
    .command('simulate')
    .description('say what other thresholds would have decided, from the records alone')
    .requiredOption('--app <id>', 'the app')
    .option('-q, --query <filter>', 'a filter, such as "pipeline:loan-approval started:>-90d"')
    .requiredOption(
      '--set <rule=threshold>',
      'another threshold; repeat it for several rules',
      (text: string, all: string[] = []) => [...all, changeOf(text)],
    )
    .option('--from <time>', 'only executions from this time on (ISO-8601)')
    .option('--to <time>', 'only executions before this time')
    .option('--all', 'read all executions, up to 100,000, and not a sample of 5,000')
    .option('--json', 'print JSON')
    .addHelpText('after', '\ndocs/replay.md says what a simulation can and cannot say.')
    .action(async (options: SimulateOptions) => {
      const answer = await ask(terminal, options);
      if (options.json) terminal.json(answer);
      else terminal.say(...simulationText(answer).split('\n'));
    });
}

/** The API writes `RULE:THRESHOLD`; a shell reads `RULE=THRESHOLD` more easily. */
function changeOf(text: string): string {
  const split = text.indexOf('=');
  if (split < 1 || split === text.length - 1) {
    throw new UsageError('--set takes RULE=THRESHOLD, such as min_score=640.');
  }
  return `${text.slice(0, split)}:${text.slice(split + 1)}`;
}

async function ask(
  terminal: Terminal,
  { app, query, from, to, set, all }: SimulateOptions,
): Promise<Simulation> {
  const params = new URLSearchParams(set.map((change): [string, string] => ['set', change]));
  for (const [name, value] of Object.entries({ q: query, from, to })) {
    if (value !== undefined && value !== '') params.set(name, value);
  }
  return await asAdministrator(terminal, async (administrator) => {
    if (!all) return await administrator.call('GET', appPath(app, `simulate?${params}`));
    const lines = createInterface({
      input: await administrator.download(appPath(app, `simulate/all?${params}`)),
      crlfDelay: Infinity,
    });
    let progress: ReturnType<Terminal['progress']> | undefined;
    let answer: Simulation | undefined;
    for await (const text of lines) {
      const line = parseJson(text) as unknown as SimulationLine;
      if ('error' in line) throw new AdministratorError(line.error.message);
      if ('answer' in line) answer = line.answer;
      else {
        const { read, executions } = line.progress;
        progress ??= terminal.progress(executions);
        progress.show(read, `${read} executions`);
      }
    }
    progress?.end();
    if (answer === undefined) throw new UsageError('The server ended its answer early. Try again.');
    return answer;
  });
}
