import { InvalidArgumentError, type Command } from 'commander';
import type { ApiKey, ApiKeyList, CreatedKey } from '@xray/core';
import { appPath, asAdministrator } from './ask.js';
import { printJson, say } from './terminal.js';

interface CreateOptions {
  app: string;
  name: string;
  scope: string[];
  environment?: string[];
  expiresInDays?: number;
  requestsPerMinute?: number;
  json?: true;
}

/** `xray keys …` */
export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('API keys, with which applications send');

  keys
    .command('create')
    .description('make a key and print it, once; makes the app when there is none')
    .requiredOption('--app <id>', 'the app it belongs to')
    .option('--name <name>', 'what to call it', 'default')
    .option('--scope <scope...>', 'ingest, read or both', ['ingest'])
    .option('--environment <name...>', 'those it may send for; any by default')
    .option('--expires-in-days <days>', 'when it stops working; never by default', toNumber)
    .option('--requests-per-minute <count>', 'in place of XRAY_RATE_LIMIT', toNumber)
    .option('--json', 'print JSON')
    .action(async ({ app, name, scope, environment, json, ...limits }: CreateOptions) => {
      const created = await asAdministrator(async (administrator) => {
        await administrator.call('POST', '/api/apps', { id: app }, ['conflict']);
        return await administrator.call<CreatedKey>('POST', appPath(app, 'keys'), {
          name,
          scopes: scope,
          environments: environment,
          ...limits,
        });
      });
      if (json) printJson(created);
      else tell(created);
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
    .command('rotate')
    .description('make a key in the place of another, which goes on working for a while')
    .argument('<id>', 'the old key’s id: the 12 characters after xr_')
    .requiredOption('--app <id>', 'the app')
    .option('--overlap-hours <hours>', 'how long the old one goes on', toNumber, 24)
    .option('--json', 'print JSON')
    .action(async (id: string, options: { app: string; overlapHours: number; json?: true }) => {
      const { app, overlapHours, json } = options;
      const created = await asAdministrator((administrator) =>
        administrator.call<CreatedKey>('POST', `${keyPath(app, id)}/rotate`, { overlapHours }),
      );
      if (json) printJson(created);
      else tell(created);
    });

  keys
    .command('revoke')
    .description('revoke a key; it is refused everywhere within seconds')
    .argument('<id>', 'the key’s id: the 12 characters after xr_')
    .requiredOption('--app <id>', 'the app')
    .option('--json', 'print JSON')
    .action(async (id: string, { app, json }: { app: string; json?: true }) => {
      const revoked = await asAdministrator((administrator) =>
        administrator.call<ApiKey>('DELETE', keyPath(app, id)),
      );
      if (json) printJson(revoked);
      else say(describeKey(revoked));
    });
}

function keyPath(app: string, id: string): string {
  return appPath(app, `keys/${encodeURIComponent(id)}`);
}

function tell({ key, apiKey }: CreatedKey): void {
  say(`${key}\n\nThis is the only time it is shown. App: ${apiKey.appId}`);
}

function describeKey(key: ApiKey): string {
  const facts = [
    key.revokedAt === null ? 'active' : `revoked ${key.revokedAt}`,
    key.lastUsedAt === null ? 'never used' : `last used ${key.lastUsedAt}`,
    ...(key.environments === null ? [] : [`for ${key.environments.join('+')}`]),
    ...(key.expiresAt === null ? [] : [`expires ${key.expiresAt}`]),
    ...(key.requestsPerMinute === null ? [] : [`${key.requestsPerMinute} requests a minute`]),
  ];
  return `${key.id}  ${key.name}  ${key.scopes.join('+')}  ${facts.join(', ')}`;
}

function toNumber(text: string): number {
  const value = Number(text);
  if (Number.isNaN(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}
