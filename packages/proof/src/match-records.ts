import { linesOf, readExportLine } from './export-line.js';
import type { Findings } from './findings.js';
import type { Hashes } from './hashes.js';
import { sealed, type Log } from './log.js';
import { commit, type Commitment } from './seal.js';

const LINES_AT_ONCE = 256;

/** A line that does not fit its leaf. What it means is known when all lines are read. */
interface Misfit {
  line: number;
  leaf: number;
  content: Uint8Array;
}

/** Opens the seal of each record, and marks its leaf as seen. */
export async function matchRecords(
  hashes: Hashes,
  log: Log,
  records: AsyncIterable<Uint8Array>,
  findings: Findings,
  onProgress: (records: number) => void,
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
    onProgress(line);
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
