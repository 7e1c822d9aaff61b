import { InvalidArgumentError, type Command } from 'commander';
import type { ApiKey, ApiKeyList, CreatedKey } from '@xray/core';
import { appPath, asAdministrator } from './ask.js';
import { cell, nameList, type Terminal } from './terminal.js';

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
export function addKeyCommands(program: Command, terminal: Terminal): void {
  const keys = program.command('keys').description('API keys that applications send with');

  keys
    .command('create')
    .description('create a key and print it once; creates the app if it does not exist')
    .requiredOption('--app <id>', 'the app that the key belongs to')
    .option('--name <name>', 'a name for the key', 'default')
    .option('--scope <scope...>', 'some of ingest, read, replay', ['ingest'])
    .option('--environment <name...>', 'environments that the key may send for (default: any)')
    .option('--expires-in-days <days>', 'days until the key expires (default: never)', toNumber)
    .option('--requests-per-minute <count>', 'replaces XRAY_RATE_LIMIT for this key', toNumber)
    .option('--json', 'print JSON')
    .action(async ({ app, name, scope, environment, json, ...limits }: CreateOptions) => {
      const created = await asAdministrator(terminal, async (administrator) => {
        await administrator.call('POST', '/api/apps', { id: app }, ['conflict']);
        return await administrator.call<CreatedKey>('POST', appPath(app, 'keys'), {
          name,
          scopes: scope,
          environments: environment,
          ...limits,
        });
      });
      if (json) terminal.json(created);
      else printKey(terminal, created);
    });

  keys
    .command('list')
    .description('list the keys of an app, without their secrets')
    .requiredOption('--app <id>', 'the app')
    .option('--json', 'print JSON')
    .action(async ({ app, json }: { app: string; json?: true }) => {
      const list = await asAdministrator(terminal, (administrator) =>
        administrator.call<ApiKeyList>('GET', appPath(app, 'keys')),
      );
      if (json) terminal.json(list);
      else if (list.items.length === 0) terminal.say('No keys.');
      else terminal.say(...list.items.map(describeKey));
    });

  keys
    .command('rotate')
    .description('create a key that replaces another; the old key works for a while longer')
    .argument('<id>', 'the old key’s id: the 12 characters after xr_')
    .requiredOption('--app <id>', 'the app')
    .option('--overlap-hours <hours>', 'how long the old key keeps working', toNumber, 24)
    .option('--json', 'print JSON')
    .action(async (id: string, options: { app: string; overlapHours: number; json?: true }) => {
      const { app, overlapHours, json } = options;
      const created = await asAdministrator(terminal, (administrator) =>
        administrator.call<CreatedKey>('POST', `${keyPath(app, id)}/rotate`, { overlapHours }),
      );
      if (json) terminal.json(created);
      else printKey(terminal, created);
    });

  keys
    .command('revoke')
    .description('revoke a key; every server refuses it within seconds')
    .argument('<id>', 'the key’s id: the 12 characters after xr_')
    .requiredOption('--app <id>', 'the app')
    .option('--json', 'print JSON')
    .action(async (id: string, { app, json }: { app: string; json?: true }) => {
      const revoked = await asAdministrator(terminal, (administrator) =>
        administrator.call<ApiKey>('DELETE', keyPath(app, id)),
      );
      if (json) terminal.json(revoked);
      else terminal.say(describeKey(revoked));
    });
}

function keyPath(app: string, id: string): string {
  return appPath(app, `keys/${encodeURIComponent(id)}`);
}

function printKey(terminal: Terminal, { key, apiKey }: CreatedKey): void {
  terminal.say(key, '', `The key is shown only now. App: ${apiKey.appId}`);
}

function describeKey(key: ApiKey): string {
  const facts = [
    key.revokedAt === null ? 'active' : `revoked ${key.revokedAt}`,
    key.lastUsedAt === null ? 'never used' : `last used ${key.lastUsedAt}`,
    ...(key.environments === null ? [] : [`for ${nameList(key.environments)}`]),
    ...(key.expiresAt === null ? [] : [`expires ${key.expiresAt}`]),
    ...(key.requestsPerMinute === null ? [] : [`${key.requestsPerMinute} requests a minute`]),
  ];
  // The name comes last, so nothing after it can be mistaken for a part of it.
  return [key.id, key.scopes.join('+'), facts.join(', '), key.name].map(cell).join('  ');
}

function toNumber(text: string): number {
  // `Number` would read a blank as 0, and 0x10 as 16.
  if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) throw new InvalidArgumentError('It must be a number.');
  return Number(text);
}
