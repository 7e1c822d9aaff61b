import { base64, equal } from './bytes.js';
import { parseCheckpoint, type Checkpoint } from './checkpoint.js';
import { linesOf, readExportLine } from './export-line.js';
import { Findings } from './findings.js';
import type { Hashes } from './hashes.js';
import { Log, sealed } from './log.js';
import { findSignature, parseNote, parseVerifierKey, UnreadableNote, type Note } from './note.js';
import type { Fate, Level, Report } from './report.js';
import { commit, type Commitment } from './seal.js';

/** The files of an export, wherever they are read from. */
export interface ExportFiles {
  checkpoint: string;
  entries: AsyncIterable<Uint8Array>;
  records: AsyncIterable<Uint8Array>;
  about: { whole: boolean; upTo: number };
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

export interface Kept {
  origin: string;
  size: number;
  /** Base64. */
  root: string;
}

export interface Progress {
  entries: number;
  records: number;
}

const LINES_AT_ONCE = 256;

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

  await matchRecords(hashes, log, files.records, findings, onProgress);
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

/** A line that does not fit its leaf. What it means is known when all lines are read. */
interface Misfit {
  line: number;
  leaf: number;
  content: Uint8Array;
}

async function matchRecords(
  hashes: Hashes,
  log: Log,
  records: AsyncIterable<Uint8Array>,
  findings: Findings,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  const app = log.app ?? '';
  const misfits: Misfit[] = [];
  let line = 0;
  let batch: { line: number; bytes: Uint8Array }[] = [];
  const flush = async () => {
    const read = batch.flatMap(({ line, bytes }) => {
      const found = readExportLine(bytes);
      if (!found) findings.add('unreadable', { line, text: `line ${line} is no record` });
      return found ? [{ line, ...found }] : [];
    });
    batch = [];
    const sealedLines = read.flatMap((found) => {
      const { seal, record, appId } = found;
      if (appId !== undefined && appId !== app) {
        const text = `line ${found.line} holds a record of the app ${appId}`;
        findings.add('other_app', { line: found.line, ...(seal && { leaf: seal.leaf }), text });
        return [];
      }
      if (seal) return [{ line: found.line, leaf: seal.leaf, record, keys: seal.keys }];
      const text = `line ${found.line} has no seal`;
      findings.add('inserted', { line: found.line, text });
      return [];
    });
    const commitments = await commit(
      hashes,
      sealedLines.map(({ record, keys }) => ({ record: { app, ...record }, keys })),
    );
    for (const [i, { line, leaf }] of sealedLines.entries()) {
      const commitment = commitments[i];
      if (commitment) place(log, { line, leaf, commitment }, misfits, findings);
    }
    onProgress({ entries: log.size, records: line });
  };
  for await (const bytes of linesOf(records)) {
    batch.push({ line: (line += 1), bytes });
    if (batch.length === LINES_AT_ONCE) await flush();
  }
  await flush();
  for (const misfit of misfits) explain(log, misfit, findings);
}

function place(
  log: Log,
  { line, leaf, commitment }: { line: number; leaf: number; commitment: Commitment },
  misfits: Misfit[],
  findings: Findings,
): void {
  const about = { line, leaf, ...sealed(log.sealedAt(leaf)) };
  if (!log.is(leaf, 'record') || !log.holds(leaf, commitment)) {
    misfits.push({ line, leaf, content: commitment.content });
  } else if (log.is(leaf, 'seen')) {
    findings.add('inserted', { ...about, text: `line ${line} repeats the record of this leaf` });
  } else {
    log.mark(leaf, 'seen');
    if (log.is(leaf, 'erased') || log.is(leaf, 'lost')) {
      const text = 'the log says that this record is gone, and here it is';
      findings.add('resurrected', { ...about, text });
    }
  }
}

function explain(log: Log, { line, leaf, content }: Misfit, findings: Findings): void {
  const about = { line, leaf, ...sealed(log.sealedAt(leaf)) };
  const other = log.leafOf(content);
  if (other !== undefined && other !== leaf) {
    log.mark(other, 'seen');
    const text = `line ${line} is the record of leaf ${other}`;
    findings.add('reordered', { ...about, text });
  } else if (log.is(leaf, 'record') && !log.is(leaf, 'seen')) {
    log.mark(leaf, 'seen');
    log.mark(leaf, 'altered');
    const text = `line ${line} is not the record that was sealed`;
    findings.add('altered', { ...about, text });
  } else {
    const text = log.is(leaf, 'record')
      ? `line ${line} claims the leaf of another record`
      : `line ${line} claims a leaf that holds no record`;
    findings.add('inserted', { ...about, text });
  }
}

function tellFates(
  log: Log,
  { whole, upTo }: ExportFiles['about'],
  findings: Findings,
): Record<Fate, number> {
  const fates: Record<Fate, number> = {
    intact: 0,
    superseded: 0,
    replaced_after_final: 0,
    redacted: 0,
    erased: 0,
    lost: 0,
    withheld: 0,
    later: 0,
  };
  for (const { leaf, oldest } of log.late) {
    const text = `a batch with records that had been received since ${oldest}`;
    findings.remark({ kind: 'late', leaf, text, ...sealed(log.sealedAt(leaf)) });
  }
  const records = log.records();
  const replacedBy = replacements(log, records);
  for (const leaf of records) {
    const about = { leaf, ...sealed(log.sealedAt(leaf)) };
    const later = replacedBy.get(leaf);
    if (later !== undefined) {
      fates[fateOfReplaced(log, leaf, later)] += 1;
      reviewReplaced(log, leaf, later, findings);
    } else if (log.is(leaf, 'erased')) fates.erased += 1;
    else if (log.is(leaf, 'lost')) fates.lost += 1;
    else if (log.is(leaf, 'altered')) continue;
    else if (log.is(leaf, 'seen')) fates.intact += 1;
    else if (leaf >= upTo) fates.later += 1;
    else if (whole) {
      const text = 'the log holds this record, and nothing says that it was erased';
      findings.add('missing', { ...about, text });
    } else fates.withheld += 1;
  }
  return fates;
}

/** For each replaced leaf the next leaf of the same execution. */
function replacements(log: Log, records: number[]): Map<number, number> {
  const latest = new Map<string, number>();
  const replacedBy = new Map<number, number>();
  for (const leaf of records) {
    const name = log.nameOf(leaf);
    const before = latest.get(name);
    if (before !== undefined) replacedBy.set(before, leaf);
    latest.set(name, leaf);
  }
  return replacedBy;
}

function fateOfReplaced(log: Log, leaf: number, later: number): Fate {
  if (log.redactions.get(leaf) === later) return 'redacted';
  return log.is(leaf, 'final') ? 'replaced_after_final' : 'superseded';
}

function reviewReplaced(log: Log, leaf: number, later: number, findings: Findings): void {
  const about = { leaf, ...sealed(log.sealedAt(leaf)) };
  if (log.is(leaf, 'erased')) {
    const text = `it was erased, and leaf ${later} holds a version of the same execution`;
    findings.add('resurrected', { ...about, leaf: later, text });
  }
  if (log.is(leaf, 'seen')) {
    const text = `the export shows this version, and leaf ${later} replaced it`;
    findings.add('inserted', { ...about, text });
  }
  const fate = fateOfReplaced(log, leaf, later);
  if (fate === 'replaced_after_final') {
    const text = `a final record was replaced by leaf ${later}`;
    findings.remark({ kind: fate, ...about, text });
  } else if (fate === 'redacted') {
    findings.remark({
      kind: fate,
      ...about,
      text: `parts were removed; leaf ${later} has the rest`,
    });
  }
}
