import { base64, equal } from './bytes.js';
import { parseCheckpoint, type Checkpoint } from './checkpoint.js';
import { tellFates } from './fates.js';
import { Findings } from './findings.js';
import type { Hashes } from './hashes.js';
import type { About, Kept } from './inputs.js';
import { Log, sealed } from './log.js';
import { findSignature, parseNote, parseVerifierKey, UnreadableNote, type Note } from './note.js';
import { matchRecords } from './match-records.js';
import type { Level, Report } from './report.js';

/** The files of an export, wherever they are read from. */
export interface ExportFiles {
  checkpoint: string;
  entries: AsyncIterable<Uint8Array>;
  records: AsyncIterable<Uint8Array>;
  about: About;
  /** Earlier checkpoints of the same log. */
  anchors: { name: string; text: string }[];
}

/** The auditor's own knowledge. Nothing of it comes from the export. */
export interface Trust {
  /** The log's public key, got on another way than the export. */
  vkey: string;
  /** From an earlier check. */
  kept?: Kept;
  witnesses?: string[];
  /** How many of the witnesses must have signed; all of them by default. */
  minimum?: number;
  /** The log is stale if its newest entry with a time is older. */
  maxAgeMs?: number;
  now: number;
}

export interface Progress {
  entries: number;
  records: number;
}

/**
 * Checks an export against its own log, the log against its signature, and both against what the caller kept.
 *
 * @returns the report, and what to keep for the next check; nothing to keep if the log itself has a problem
 */
export async function verifyExport(
  hashes: Hashes,
  files: ExportFiles,
  trust: Trust,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<{ report: Report; keep: Kept | undefined }> {
  const findings = new Findings();
  const log = new Log(findings);
  const signed = readSigned(files.checkpoint, findings);
  const anchors = files.anchors.flatMap(({ name, text }) => {
    const anchor = readSigned(text, findings, name);
    return anchor ? [{ ...anchor, name }] : [];
  });
  const sizes = [signed, ...anchors].flatMap((one) => (one ? [one.checkpoint.size] : []));
  await log.read(hashes, files.entries, [...sizes, trust.kept?.size ?? 0]);
  onProgress({ entries: log.size, records: 0 });

  const isCompared = checkKept(log, trust.kept, signed?.checkpoint, findings);
  const keys = await trustedKeys(hashes, log, trust, isCompared);
  for (const one of signed ? [{ ...signed, name: 'checkpoint' }, ...anchors] : anchors) {
    await checkSigned(hashes, log, one, keys, findings);
  }
  if (signed && log.size !== signed.checkpoint.size) checkSize(log, signed.checkpoint, findings);
  const witnesses = signed ? await seenBy(hashes, signed.note, trust, findings) : [];
  checkAge(log, trust, findings);
  const logIsSound = findings.count === 0;

  await matchRecords(hashes, log, files.records, findings, (records) =>
    onProgress({ entries: log.size, records }),
  );
  const fates = tellFates(log, files.about, findings);
  const level: Level =
    witnesses.length > 0 ? 'witnessed' : isCompared ? 'compared' : 'own_signature';
  const root = base64(await log.frontier.root(hashes));
  const { origin = '', app = '', size } = log;
  const report: Report = {
    isSound: findings.count === 0,
    level,
    witnesses,
    log: size > 0 ? { app, origin, size, root } : undefined,
    newest: log.newestBatch,
    isWhole: files.about.whole,
    fates,
    erasures: log.erasures,
    findings: findings.problems,
    moreFindings: findings.moreProblems,
    remarks: findings.remarks,
    moreRemarks: findings.moreRemarks,
  };
  return { report, keep: logIsSound ? { origin, size, root } : undefined };
}

interface Signed {
  note: Note;
  checkpoint: Checkpoint;
}

function readSigned(text: string, findings: Findings, name = 'checkpoint'): Signed | undefined {
  try {
    const note = parseNote(text);
    return { note, checkpoint: parseCheckpoint(note.text) };
  } catch (error) {
    if (!(error instanceof UnreadableNote)) throw error;
    findings.add('unreadable', { text: `${name}: ${error.message}` });
    return undefined;
  }
}

/** The pinned key, and the keys that a log announced before the state that the caller kept. */
async function trustedKeys(hashes: Hashes, log: Log, trust: Trust, isCompared: boolean) {
  const pinned = await parseVerifierKey(hashes, trust.vkey);
  const known = isCompared ? (trust.kept?.size ?? 0) : 0;
  const announced = log.keys.filter(({ leaf }) => leaf < known);
  return [
    pinned,
    ...(await Promise.all(announced.map(async ({ vkey }) => await parseVerifierKey(hashes, vkey)))),
  ];
}

type Keys = Awaited<ReturnType<typeof trustedKeys>>;

async function checkSigned(
  hashes: Hashes,
  log: Log,
  { note, checkpoint, name }: Signed & { name: string },
  keys: Keys,
  findings: Findings,
): Promise<void> {
  const { origin, size, root } = checkpoint;
  const found = await Promise.all(keys.map(async (key) => await findSignature(hashes, note, key)));
  if (found.every((signature) => signature === undefined)) {
    findings.add('signature', { text: `${name}: no valid signature of ${keys[0]?.name}` });
  }
  if (origin !== log.origin || keys.every((key) => key.name !== origin)) {
    const text = `${name} is of the log ${origin}, the entries of ${log.origin ?? 'none'}, the key of ${keys[0]?.name}`;
    findings.add('other_app', { text });
  }
  const computed = log.roots.get(size);
  if (size > 0 && computed && !equal(computed, root)) {
    const text = `${name}: the first ${size} entries do not have the signed root`;
    findings.add('rewritten', { text });
  }
}

function checkSize(log: Log, { size }: Checkpoint, findings: Findings): void {
  if (log.size < size) {
    const text = `${size - log.size} of the ${size} entries that were signed are missing at the end`;
    findings.add('truncated', { leaf: log.size, text, ...sealed(log.sealedAt(log.size)) });
  } else {
    const text = `${log.size - size} entries behind the ${size} that were signed`;
    findings.add('inserted', { leaf: size, text });
  }
}

/** @returns whether the log begins with the state that was kept */
function checkKept(
  log: Log,
  kept: Kept | undefined,
  checkpoint: Checkpoint | undefined,
  findings: Findings,
): boolean {
  if (!kept) return false;
  if (log.origin !== undefined && kept.origin !== log.origin) {
    const text = `you kept a state of the log ${kept.origin}, this is ${log.origin}`;
    findings.add('other_app', { text });
    return false;
  }
  const size = Math.min(checkpoint?.size ?? log.size, log.size);
  if (kept.size > size) {
    const text = `the log had ${kept.size} entries at your last check and has ${size} now`;
    findings.add('rollback', { leaf: size, text });
    return false;
  }
  const root = log.roots.get(kept.size);
  if (kept.size > 0 && (!root || base64(root) !== kept.root)) {
    const text = `the first ${kept.size} entries are not those of your last check`;
    findings.add('rewritten', { text });
    return false;
  }
  return true;
}

async function seenBy(
  hashes: Hashes,
  note: Note,
  { witnesses = [], minimum = witnesses.length }: Trust,
  findings: Findings,
): Promise<string[]> {
  const keys = await Promise.all(
    witnesses.map(async (vkey) => await parseVerifierKey(hashes, vkey)),
  );
  const names = [];
  for (const key of keys) if (await findSignature(hashes, note, key)) names.push(key.name);
  if (names.length < minimum) {
    const text = `${names.length} of the ${minimum} wanted witnesses signed the checkpoint`;
    findings.add('signature', { text });
  }
  return names;
}

function checkAge(log: Log, { maxAgeMs, now }: Trust, findings: Findings): void {
  if (maxAgeMs === undefined) return;
  const newest = log.newest === undefined ? Number.NEGATIVE_INFINITY : Date.parse(log.newest);
  if (now - newest > maxAgeMs) {
    findings.add('stale', { text: `the newest entry with a time is of ${log.newest ?? 'never'}` });
  }
}
