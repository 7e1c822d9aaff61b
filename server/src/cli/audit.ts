import type { Command } from 'commander';
import { auditActorText, type AuditEntry, type AuditPage } from '@xray/core';
import { appPath, asAdministrator } from './ask.js';
import { cell, type Terminal } from './terminal.js';

interface AuditOptions {
  app?: string;
  limit: string;
  before?: string;
  person?: string;
  action?: string;
  target?: string;
  json?: true;
}

/** `xray audit` */
export function addAuditCommand(program: Command, terminal: Terminal): void {
  program
    .command('audit')
    .description(
      'list who viewed payloads and who changed keys, members and settings; newest first',
    )
    .option('--app <id>', 'only this app (default: the whole installation)')
    .option('--limit <count>', 'how many entries, at most 200', '50')
    .option('--before <id>', 'entries before the entry with this id')
    .option('--person <text>', 'only entries of one person or key: part of the name, or the id')
    .option('--action <action>', 'only this action, such as payload.view')
    .option('--target <id>', 'only this execution, key or person: the complete id or address')
    .option('--json', 'print JSON')
    .action(async ({ app, limit, before, person, action, target, json }: AuditOptions) => {
      const path = app === undefined ? '/api/audit' : appPath(app, 'audit');
      const query = new URLSearchParams({
        limit,
        ...(before !== undefined && { before }),
        ...(person !== undefined && { actor: person }),
        ...(action !== undefined && { action }),
        ...(target !== undefined && { target }),
      });
      const page = await asAdministrator(terminal, (administrator) =>
        administrator.call<AuditPage>('GET', `${path}?${query}`),
      );
      if (json) terminal.json(page);
      else if (page.items.length === 0) terminal.say('No entries.');
      else terminal.say(...page.items.map(describe));
    });
}

function describe({ id, at, appId, actor, action, target, details, ip }: AuditEntry): string {
  const more = Object.keys(details).length === 0 ? [] : [JSON.stringify(details)];
  const cells = [
    String(id),
    at,
    appId ?? '-',
    auditActorText(actor),
    action,
    target ?? '-',
    ip ?? '-',
    ...more,
  ];
  return cells.map(cell).join('  ');
}
