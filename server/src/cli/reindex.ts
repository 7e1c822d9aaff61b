import type { Command } from 'commander';
import { countText, type Reindexed } from '@xray/core';
import { asAdministrator } from './ask.js';
import type { Terminal } from './terminal.js';

export function addReindexCommand(program: Command, terminal: Terminal): void {
  program
    .command('reindex')
    .description('rebuild columns, steps and the search index from the stored snapshots')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }) => {
      let executions = 0;
      await asAdministrator(terminal, async (administrator) => {
        let after: string | null | undefined;
        do {
          const body = after === undefined ? {} : { after };
          const done = await administrator.call<Reindexed>('POST', '/api/reindex', body);
          executions += done.executions;
          after = done.after;
        } while (after !== null);
      });
      if (json) terminal.json({ executions });
      else {
        terminal.say(
          `Reindexed ${countText(executions, 'execution')}. A running server rebuilds the search index.`,
        );
      }
    });
}
