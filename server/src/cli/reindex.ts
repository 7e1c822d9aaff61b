import type { Command } from 'commander';
import type { Reindexed } from '@xray/core';
import { asAdministrator } from './ask.js';
import { printJson, say } from './terminal.js';

export function addReindexCommand(program: Command): void {
  program
    .command('reindex')
    .description(
      'make anew what is derived from the stored snapshots: columns, steps, search index',
    )
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }) => {
      let executions = 0;
      await asAdministrator(async (administrator) => {
        let after: number | null | undefined;
        do {
          const body = after === undefined ? {} : { after };
          const done = await administrator.call<Reindexed>('POST', '/api/reindex', body);
          executions += done.executions;
          after = done.after;
        } while (after !== null);
      });
      if (json) printJson({ executions });
      else say(`Derived anew: ${executions} executions. A running server builds the search index.`);
    });
}
