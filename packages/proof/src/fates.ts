import type { Findings } from './findings.js';
import type { About } from './inputs.js';
import { sealed, type Log } from './log.js';
import type { Fate } from './report.js';

/** Says of each sealed version what became of it, and finds those that are missing. */
export function tellFates(
  log: Log,
  { whole, upTo }: About,
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
