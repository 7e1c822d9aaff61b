#!/usr/bin/env node
import { Command } from 'commander';
import { AdministratorError } from './administrator.js';
import { addAuditCommand } from './cli/audit.js';
import { addBackupCommands } from './cli/backup.js';
import { addKeyCommands } from './cli/keys.js';
import { addQueryCommand } from './cli/query.js';
import { addQuestionCommands } from './cli/questions.js';
import { addReindexCommand } from './cli/reindex.js';
import { addRetentionCommands } from './cli/retention.js';
import { UsageError, printJson, say } from './cli/terminal.js';
import { addTransferCommands } from './cli/transfer.js';
import { addUserCommands } from './cli/users.js';
import { ConfigError, loadConfig } from './config.js';
import { DataDirInUseError } from './data-dir.js';
import { RestoreError } from './errors.js';
import type { RunningServer } from './main.js';
import { readVersion } from './version.js';

// What a command needs beyond its own words it loads when it runs: the whole server takes a second to load.
const program = new Command('xray')
  .description('Decision observability: why did it decide that?')
  .version(readVersion(), '-V, --version', 'print the version')
  .showHelpAfterError('(xray --help lists the commands)')
  .configureHelp({ showGlobalOptions: true });

program
  .command('start')
  .description('start the server and the dashboard')
  .action(async () => {
    const { startServer } = await import('./main.js');
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
    const { openBackend } = await import('./main.js');
    const backend = await openBackend(loadConfig(process.env));
    await backend.close();
    if (json) printJson({ migrated: backend.migrated });
    else if (backend.migrated.length === 0) say('The tables were up to date.');
    else say(`Applied: ${backend.migrated.join(', ')}`);
  });

addKeyCommands(program);
addQueryCommand(program);
addQuestionCommands(program);
addUserCommands(program);
addAuditCommand(program);
addReindexCommand(program);
addRetentionCommands(program);
addTransferCommands(program);
addBackupCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`xray: ${explain(error)}\n`);
  process.exitCode = 1;
}

function startMessage({ url, firstStart, setupLink }: RunningServer): string {
  const lines = [`X-Ray is ready: ${url}`];
  if (setupLink !== undefined) {
    lines.push(
      '',
      'There is no administrator yet. Become it with this link, which works once:',
      '',
    );
    lines.push(`  ${setupLink}`);
  }
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
    `or run the README's example with XRAY_ENDPOINT=${url} XRAY_API_KEY=${firstStart.apiKey}`,
  ].join('\n');
}

/** Only what a person can act on is told in a line; a bug keeps its stack. */
function explain(error: unknown): string {
  if (
    error instanceof ConfigError ||
    error instanceof UsageError ||
    error instanceof RestoreError ||
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
