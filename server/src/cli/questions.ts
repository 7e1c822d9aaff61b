import type { Command } from 'commander';
import { explanationText, type Comparison, type Explanation } from '@xray/core';
import { appPath, asAdministrator } from './ask.js';
import { comparisonText } from './comparison-text.js';
import { printJson, say } from './terminal.js';

interface QuestionOptions {
  app: string;
  json?: true;
}

export function addQuestionCommands(program: Command): void {
  program
    .command('explain')
    .description('why an execution was decided as it was, from its record alone')
    .argument('<id>', 'the execution')
    .requiredOption('--app <id>', 'the app')
    .option('--json', 'print JSON')
    .action(async (id: string, { app, json }: QuestionOptions) => {
      const path = appPath(app, `executions/${encodeURIComponent(id)}/explain`);
      const explanation = await asAdministrator((administrator) =>
        administrator.call<Explanation>('GET', path),
      );
      if (json) printJson(explanation);
      else say(explanationText(explanation));
    });

  program
    .command('diff')
    .description('where two executions part: steps, values, rules, candidates')
    .argument('<a>', 'the one execution')
    .argument('<b>', 'the other')
    .requiredOption('--app <id>', 'the app of both')
    .option('--json', 'print JSON')
    .action(async (a: string, b: string, { app, json }: QuestionOptions) => {
      const path = appPath(app, `compare?${new URLSearchParams({ a, b })}`);
      const comparison = await asAdministrator((administrator) =>
        administrator.call<Comparison>('GET', path),
      );
      if (json) printJson(comparison);
      else say(comparisonText(comparison));
    });
}
