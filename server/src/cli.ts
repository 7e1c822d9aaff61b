#!/usr/bin/env node
import { Command } from 'commander';
import type { ApiKeyList, ApiKey, CreatedKey } from '@xray/core';
import { withAdministrator, AdministratorError, type Administrator } from './administrator.js';
import { ConfigError, loadConfig } from './config.js';
import { DataDirInUseError } from './data-dir.js';
import { openBackend, startServer, type RunningServer } from './main.js';

const program = new Command('xray')
  .description('Decision observability: why did it decide that?')
  .showHelpAfterError('(xray --help lists the commands)')
  .configureHelp({ showGlobalOptions: true });

program
  .command('start')
  .description('start the server and the dashboard')
  .action(async () => {
    const server = await startServer(loadConfig(process.env));
    say(startMessage(server));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        void server.stop().then(() => process.exit(0));
      });
    }
  });

program
  .command('migrate')
  .description('bring the tables up to date and stop; a start does it by itself')
  .option('--json', 'print JSON')
  .action(async ({ json }: { json?: true }) => {
    const backend = await openBackend(loadConfig(process.env));
    await backend.close();
    if (json) printJson({ migrated: backend.migrated });
    else if (backend.migrated.length === 0) say('The tables were up to date.');
    else say(`Applied: ${backend.migrated.join(', ')}`);
  });

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
      return await administrator.call<CreatedKey>('POST', keysPath(options.app), {
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
      administrator.call<ApiKeyList>('GET', keysPath(app)),
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
      administrator.call<ApiKey>('DELETE', `${keysPath(app)}/${encodeURIComponent(id)}`),
    );
    if (json) printJson(revoked);
    else say(describeKey(revoked));
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`xray: ${explain(error)}\n`);
  process.exitCode = 1;
}

async function asAdministrator<T>(use: (administrator: Administrator) => Promise<T>): Promise<T> {
  return await withAdministrator(loadConfig(process.env), use);
}

function keysPath(app: string): string {
  return `/api/apps/${encodeURIComponent(app)}/keys`;
}

function describeKey(key: ApiKey): string {
  const state = key.revokedAt === null ? 'active' : `revoked ${key.revokedAt}`;
  const used = key.lastUsedAt === null ? 'never used' : `last used ${key.lastUsedAt}`;
  return `${key.id}  ${key.name}  ${key.scopes.join('+')}  ${state}, ${used}`;
}

function startMessage({ url, firstStart }: RunningServer): string {
  const lines = [
    `X-Ray is ready: ${url}`,
    'Until sign-in is available, whoever is on this machine may read; no other machine can.',
  ];
  if (firstStart === undefined) return lines.join('\n');
  return [
    ...lines,
    '',
    'First start. Your app and its API key, which is shown only now:',
    '',
    `  app      ${firstStart.appId}`,
    `  key      ${firstStart.apiKey}`,
    '',
    'Send an execution from here:',
    '',
    `  curl ${url}/executions -H 'x-api-key: ${firstStart.apiKey}' -H 'content-type: application/json' \\`,
    `    -d '{"executionId":"first","appId":"${firstStart.appId}","pipeline":"hello","steps":[{"name":"say","output":"hello"}]}'`,
    '',
    `or run the README's example with XRAY_API_KEY=${firstStart.apiKey}`,
  ].join('\n');
}

/** Only what a person can act on is told in a line; a bug keeps its stack. */
function explain(error: unknown): string {
  if (
    error instanceof ConfigError ||
    error instanceof DataDirInUseError ||
    error instanceof AdministratorError
  ) {
    return error.message;
  }
  if (!(error instanceof Error)) return String(error);
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    return `${error.message}. Another program listens there: stop it, or choose another PORT.`;
  }
  return error.stack ?? error.message;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function printJson(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}
