import type { Command } from 'commander';
import type { AuditEntry, AuditPage } from '@xray/core';
import { appPath, asAdministrator } from './ask.js';
import { printJson, say } from './terminal.js';

interface AuditOptions {
  app?: string;
  limit: string;
  before?: string;
  json?: true;
}

/** `xray audit` */
export function addAuditCommand(program: Command): void {
  program
    .command('audit')
    .description('who viewed payloads, and changed keys, members and the rest; newest first')
    .option('--app <id>', 'of one app; of the whole installation by default')
    .option('--limit <count>', 'how many, at most 200', '50')
    .option('--before <id>', 'only those before the entry with this id')
    .option('--json', 'print JSON')
    .action(async ({ app, limit, before, json }: AuditOptions) => {
      const path = app === undefined ? '/api/audit' : appPath(app, 'audit');
      const query = new URLSearchParams({ limit, ...(before !== undefined && { before }) });
      const page = await asAdministrator((administrator) =>
        administrator.call<AuditPage>('GET', `${path}?${query}`),
      );
      if (json) printJson(page);
      else say(page.items.length === 0 ? 'Nothing.' : page.items.map(describe).join('\n'));
    });
}

function describe({ id, at, appId, actor, action, target, details, ip }: AuditEntry): string {
  const who = actor.name ?? (actor.id === null ? actor.kind : `${actor.kind} ${actor.id}`);
  const more = Object.keys(details).length === 0 ? [] : [JSON.stringify(details)];
  return [id, at, appId ?? '-', who, action, target ?? '-', ip ?? '-', ...more].join('  ');
}
