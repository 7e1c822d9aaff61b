import type { Command } from 'commander';
import { explanationText, pathSegment, type Comparison, type Explanation } from '@xray/core';
import { appPath, asAdministrator } from './ask.js';
import { comparisonText } from './comparison-text.js';
import type { Terminal } from './terminal.js';

interface QuestionOptions {
  app: string;
  json?: true;
}

export function addQuestionCommands(program: Command, terminal: Terminal): void {
  program
    .command('explain')
    .description('explain a decision from its record')
    .argument('<id>', 'the execution')
    .requiredOption('--app <id>', 'the app')
    .option('--json', 'print JSON')
    .action(async (id: string, { app, json }: QuestionOptions) => {
      const path = appPath(app, `executions/${pathSegment(id)}/explain`);
      const explanation = await asAdministrator(terminal, (administrator) =>
        administrator.call<Explanation>('GET', path),
      );
      // Both texts quote what they took from the record, so every line end in them is ours.
      if (json) terminal.json(explanation);
      else terminal.say(...explanationText(explanation).split('\n'));
    });

  program
    .command('diff')
    .description('show where two executions differ: steps, values, rules, candidates')
    .argument('<a>', 'an execution')
    .argument('<b>', 'the execution to compare it with')
    .requiredOption('--app <id>', 'the app of both executions')
    .option('--json', 'print JSON')
    .action(async (a: string, b: string, { app, json }: QuestionOptions) => {
      const path = appPath(app, `compare?${new URLSearchParams({ a, b })}`);
      const comparison = await asAdministrator(terminal, (administrator) =>
        administrator.call<Comparison>('GET', path),
      );
      if (json) terminal.json(comparison);
      else terminal.say(...comparisonText(comparison).split('\n'));
    });
}
