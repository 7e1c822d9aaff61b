import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UnreadableNote } from '../note.js';
import { printReport } from '../report.js';
import { readKept, type Kept } from '../inputs.js';
import { verifyExport, type Trust } from '../verify.js';
import { openExport, UnreadableExport } from './files.js';
import { nodeHashes } from './hashes.js';

export interface Io {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown; isTTY?: boolean };
  now?: () => number;
}

const HELP = `Usage: xray-proof verify FOLDER --key VKEY [options]

Checks offline that an export holds the records that were stored, in their order, unaltered and complete.

  --key VKEY        the log's public key, or a file with it. Get it from the operator on another way than
                    the export, for example from a contract.
  --keep FILE       compare with the state in this file, and write the new state to it. Only with a state
                    that you kept yourself a rewritten or shortened log shows.
  --max-age TIME    a problem if the newest entry is older: 30m, 12h, 1d
  --witness VKEY    a witness that must have signed; can be repeated
  --witnesses N     how many of them must have signed (default: all)
  --json            print the report as JSON
  --help            print this text

Exit code: 0 nothing contradicts the log, 1 problems, 2 cannot tell.
`;

const OPTIONS = {
  key: { type: 'string' },
  keep: { type: 'string' },
  'max-age': { type: 'string' },
  witness: { type: 'string', multiple: true },
  witnesses: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

class WrongUse extends Error {
  override name = 'WrongUse';
}

/** Runs the command. @returns its exit code */
export async function main(argv: string[], io: Io): Promise<number> {
  try {
    const { values, positionals } = parsed(argv);
    if (values.help === true || argv.length === 0) {
      io.stdout.write(HELP);
      return 0;
    }
    const [command, folder, ...rest] = positionals;
    if (command !== 'verify') throw new WrongUse(`There is no command "${command ?? ''}".`);
    if (folder === undefined || rest.length > 0) throw new WrongUse('Name one folder.');
    return await verify(folder, values, io);
  } catch (error) {
    if (error instanceof WrongUse) {
      io.stderr.write(`${error.message} See xray-proof --help.\n`);
      return 2;
    }
    if (error instanceof UnreadableExport || error instanceof UnreadableNote) {
      io.stderr.write(`Cannot tell: ${error.message}.\n`);
      return 2;
    }
    throw error;
  }
}

type Values = ReturnType<typeof parsed>['values'];

function parsed(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error));
  }
}

async function verify(folder: string, values: Values, io: Io): Promise<number> {
  if (values.key === undefined) {
    throw new WrongUse(
      'Give the public key of the log with --key. An export cannot vouch for itself.',
    );
  }
  const now = (io.now ?? Date.now)();
  const kept = values.keep === undefined ? undefined : await keptIn(values.keep);
  const minimum = values.witnesses === undefined ? undefined : countOf(values.witnesses);
  const maxAgeMs = values['max-age'] === undefined ? undefined : durationOf(values['max-age']);
  const trust: Trust = {
    vkey: await textOrFile(values.key),
    now,
    witnesses: await Promise.all((values.witness ?? []).map(textOrFile)),
    ...(kept && { kept }),
    ...(minimum !== undefined && { minimum }),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
  };
  const { files, unknown } = await openExport(folder);
  const { report, keep } = await verifyExport(nodeHashes, files, trust, ({ entries, records }) => {
    if (io.stderr.isTTY === true) io.stderr.write(`\r${entries} entries, ${records} records …`);
  });
  if (io.stderr.isTTY === true) io.stderr.write('\r\u001B[K');
  for (const name of unknown) {
    report.findings.push({ problem: 'unreadable', text: `${name} belongs to no export` });
    report.isSound = false;
  }
  io.stdout.write(
    values.json === true ? `${JSON.stringify(report, null, 2)}\n` : printReport(report),
  );
  if (values.keep !== undefined && keep) await writeFile(values.keep, `${JSON.stringify(keep)}\n`);
  return report.isSound ? 0 : 1;
}

/** A key is one word with two plus signs. Anything else is the name of a file. */
async function textOrFile(given: string): Promise<string> {
  if (/^[^ +]+\+[0-9a-f]{8}\+\S+$/.test(given)) return given;
  try {
    return (await readFile(given, 'utf8')).trim();
  } catch {
    throw new WrongUse(`"${given}" is neither a verifier key nor a file that can be read.`);
  }
}

async function keptIn(file: string): Promise<Kept | undefined> {
  let text;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new UnreadableExport(`${file} cannot be read`, { cause: error });
  }
  const kept = readKept(text);
  if (!kept) throw new UnreadableExport(`${file} holds no state of an earlier check`);
  return kept;
}

function countOf(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new WrongUse('--witnesses is a whole number.');
  return Number(text);
}

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationOf(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (digits === undefined) throw new WrongUse('--max-age is a time such as 30m, 12h or 1d.');
  return Number(digits) * (UNITS[unit] ?? 0);
}
