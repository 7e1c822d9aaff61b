import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { pathSegment, type StoredDictionary } from '@xray/core';
import { appPath, asAdministrator } from './ask.js';
import type { Terminal } from './terminal.js';

interface AppOption {
  app: string;
}

/** `xray letter` and `xray dictionary` */
export function addLetterCommands(program: Command, terminal: Terminal): void {
  program
    .command('letter')
    .description('write the letter about an adverse decision, as text')
    .argument('<id>', 'the execution')
    .requiredOption('--app <id>', 'the app')
    .option('--lang <language>', 'such as de; without it the dictionary’s language')
    .option('--format <format>', 'text, md or html', 'text')
    .addHelpText('after', `\ndocs/letters.md describes letters and their templates.`)
    .action(async (id: string, options: AppOption & { lang?: string; format: string }) => {
      const { app, lang, format } = options;
      const query = new URLSearchParams({ format, ...(lang !== undefined && { lang }) });
      const letter = await asAdministrator(terminal, async (administrator) => {
        const path = appPath(app, `executions/${pathSegment(id)}/letter?${query}`);
        return await text(await administrator.download(path));
      });
      terminal.say(...letter.trimEnd().split('\n'));
    });

  const dictionary = program
    .command('dictionary')
    .description('names and descriptions for an app’s codes, and the texts of its letters');

  dictionary
    .command('apply')
    .description('replace the dictionary with a YAML or JSON file')
    .argument('<file>', 'the file')
    .requiredOption('--app <id>', 'the app')
    .option('--json', 'print JSON')
    .action(async (file: string, { app, json }: AppOption & { json?: true }) => {
      const written = await readFile(file);
      const stored = await asAdministrator(terminal, (administrator) =>
        administrator.send<StoredDictionary>(
          appPath(app, 'dictionary'),
          'application/yaml',
          written,
          'PUT',
        ),
      );
      if (json) terminal.json(stored);
      else terminal.say(`The dictionary is now at revision ${stored.revision}.`);
    });

  dictionary
    .command('show')
    .description('print the dictionary as YAML')
    .requiredOption('--app <id>', 'the app')
    .action(async ({ app }: AppOption) => {
      const yaml = await asAdministrator(terminal, async (administrator) =>
        text(await administrator.download(appPath(app, 'dictionary?format=yaml'))),
      );
      terminal.say(...yaml.trimEnd().split('\n'));
    });
}
