import type { Command } from 'commander';
import type { ApiKey, ApiKeyList, CreatedKey } from '@xray/core';
import { appPath, asAdministrator } from './ask.js';
import { printJson, say } from './terminal.js';

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('API keys, with which applications send');

  keys
    .command('create')
    .description('make a key and print it, once; makes the app when there is none')
    .requiredOption('--app <id>', 'the app it belongs to')
    .option('--name <name>', 'what to call it', 'default')
    .option('--scope <scope...>', 'ingest, read or both', ['ingest'])
    .option('--json', 'print JSON')
    .action(async (options: { app: string; name: string; scope: string[]; json?: true }) => {
      const created = await asAdministrator(async (administrator) => {
        await administrator.call('POST', '/api/apps', { id: options.app }, ['conflict']);
        return await administrator.call<CreatedKey>('POST', appPath(options.app, 'keys'), {
          name: options.name,
          scopes: options.scope,
        });
      });
      if (options.json) printJson(created);
      else say(`${created.key}\n\nThis is the only time it is shown. App: ${created.apiKey.appId}`);
    });

  keys
    .command('list')
    .description('list the keys of an app, without their secrets')
    .requiredOption('--app <id>', 'the app')
    .option('--json', 'print JSON')
    .action(async ({ app, json }: { app: string; json?: true }) => {
      const list = await asAdministrator((administrator) =>
        administrator.call<ApiKeyList>('GET', appPath(app, 'keys')),
      );
      if (json) printJson(list);
      else say(list.items.length === 0 ? 'No keys.' : list.items.map(describeKey).join('\n'));
    });

  keys
    .command('revoke')
    .description('revoke a key; it is refused everywhere within seconds')
    .argument('<id>', 'the key’s id: the 12 characters after xr_')
    .requiredOption('--app <id>', 'the app')
    .option('--json', 'print JSON')
    .action(async (id: string, { app, json }: { app: string; json?: true }) => {
      const revoked = await asAdministrator((administrator) =>
        administrator.call<ApiKey>('DELETE', appPath(app, `keys/${encodeURIComponent(id)}`)),
      );
      if (json) printJson(revoked);
      else say(describeKey(revoked));
    });
}

function describeKey(key: ApiKey): string {
  const state = key.revokedAt === null ? 'active' : `revoked ${key.revokedAt}`;
  const used = key.lastUsedAt === null ? 'never used' : `last used ${key.lastUsedAt}`;
  return `${key.id}  ${key.name}  ${key.scopes.join('+')}  ${state}, ${used}`;
}
