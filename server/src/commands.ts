import { Command, CommanderError } from 'commander';
import { AdministratorError } from './administrator.js';
import { ConfigError } from './config.js';
import { openFileFault } from './connections.js';
import { DataDirInUseError, UntrustedSocketError } from './data-dir.js';
import { RestoreError } from './errors.js';
import type { RunningServer } from './main.js';
import { readVersion } from './version.js';
import { addAuditCommand } from './cli/audit.js';
import { addBackupCommands } from './cli/backup.js';
import { addKeyCommands } from './cli/keys.js';
import { addLetterCommands } from './cli/letters.js';
import { addProofCommands } from './cli/proof.js';
import { addQueryCommand } from './cli/query.js';
import { addQuestionCommands } from './cli/questions.js';
import { addReindexCommand } from './cli/reindex.js';
import { addRetentionCommands } from './cli/retention.js';
import { addSimulateCommand } from './cli/simulate.js';
import { Terminal, UsageError, type Io } from './cli/terminal.js';
import { addTransferCommands } from './cli/transfer.js';
import { addUserCommands } from './cli/users.js';

/**
 * Runs one command to its end and resolves with its exit code. `start` resolves when the server
 * listens; the process then runs until a signal.
 */
export async function main(args: string[], io: Io): Promise<number> {
  const terminal = new Terminal(io);
  try {
    const program = commands(terminal);
    await program.parseAsync(args, { from: 'user' });
    return terminal.exitCode;
  } catch (error) {
    // Commander has printed its own message.
    if (error instanceof CommanderError) return error.exitCode;
    const [first = '', ...rest] = explain(error);
    terminal.warn(`xray: ${first}`, ...rest);
    return 1;
  }
}

// A command loads its code when it runs, because loading the whole server takes a second.
function commands(terminal: Terminal): Command {
  const program = new Command('xray')
    .description('Decision observability: why did it decide that?')
    .version(readVersion(), '-V, --version', 'print the version')
    .showHelpAfterError('(xray --help lists the commands)')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.say(...text.trimEnd().split('\n')),
      writeErr: (text) => terminal.warn(...text.trimEnd().split('\n')),
      // An error quotes the argument, which may contain line ends.
      outputError: (text) => terminal.warn(text.trimEnd()),
    });

  program
    .command('start')
    .description('start the server and the dashboard')
    .action(async () => {
      // This is checked first, because loading the server opens more files than a low limit allows.
      const fault = openFileFault();
      if (fault !== undefined) throw new UsageError(fault);
      const { startServer } = await import('./main.js');
      const server = await startServer(terminal.config());
      terminal.say(...startMessage(server));
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.once(signal, () => {
          void server.stop().then(() => process.exit(0));
        });
      }
    });

  program
    .command('migrate')
    .description('update the tables and stop; `start` does this too')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }) => {
      const { openBackend } = await import('./main.js');
      const backend = await openBackend(terminal.config());
      await backend.close();
      if (json) terminal.json({ migrated: backend.migrated });
      else if (backend.migrated.length === 0) terminal.say('The tables are already up to date.');
      else terminal.say(`Applied: ${backend.migrated.join(', ')}`);
    });

  addKeyCommands(program, terminal);
  addQueryCommand(program, terminal);
  addQuestionCommands(program, terminal);
  addSimulateCommand(program, terminal);
  addProofCommands(program, terminal);
  addLetterCommands(program, terminal);
  addUserCommands(program, terminal);
  addAuditCommand(program, terminal);
  addReindexCommand(program, terminal);
  addRetentionCommands(program, terminal);
  addTransferCommands(program, terminal);
  addBackupCommands(program, terminal);
  return program;
}

function startMessage({ url, firstStart, setupLink }: RunningServer): string[] {
  const lines = [`X-Ray is ready: ${url}`];
  if (setupLink !== undefined) {
    lines.push('', 'There is no administrator yet. Create one with this link, which works once:');
    lines.push('', `  ${setupLink}`);
  }
  if (firstStart === undefined) return lines;
  const { appId, apiKey } = firstStart;
  return [
    ...lines,
    '',
    'First start. Your app and its API key (shown only once):',
    '',
    `  app      ${appId}`,
    `  key      ${apiKey}`,
    '',
    'Open the page to see how to send your first decision, or send one from here:',
    '',
    `  curl ${url}/executions -H 'x-api-key: ${apiKey}' -H 'content-type: application/json' \\`,
    `    -d '${JSON.stringify(firstDecision(appId))}'`,
    '',
    'The page shows the same for TypeScript, JavaScript and Python, with the address of this server.',
  ];
}

/** A decision with a reason, and the rule that supports it. */
function firstDecision(appId: string): object {
  const rule = { id: 'min_score', field: 'score', actual: 612, op: '>=', threshold: 660 };
  return {
    executionId: 'first',
    appId,
    pipeline: 'loan-approval',
    decision: { outcome: 'declined', reasons: [{ code: 'SCORE_LOW', ruleId: rule.id }] },
    steps: [{ name: 'rules', rules: [{ ...rule, result: 'fail', decisive: true }] }],
  };
}

const PLAIN_ERRORS = [
  ConfigError,
  UsageError,
  RestoreError,
  DataDirInUseError,
  UntrustedSocketError,
];

/** The lines of a message. A known error is one sentence; a bug keeps its stack. */
function explain(error: unknown): string[] {
  // The message quotes safely, and has extra lines that point at a place in a filter.
  if (error instanceof AdministratorError) return error.message.split('\n');
  if (!(error instanceof Error)) return [String(error)];
  if (PLAIN_ERRORS.some((kind) => error instanceof kind)) return [error.message];
  const { code, syscall, message, stack } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return [`${message}. Another program uses this address. Stop it or choose another PORT.`];
  }
  if (code === 'EMFILE' || code === 'ENFILE') {
    return [`${message}. Raise the limit on open files, for example with \`ulimit -n 4096\`.`];
  }
  // The system's message says what failed and where, for example a missing file.
  if (syscall !== undefined) return [message || String(code)];
  return (stack ?? message).split('\n');
}
