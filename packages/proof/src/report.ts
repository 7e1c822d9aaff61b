/** What became of each sealed version of an execution. */
export const FATES = [
  'intact',
  'superseded',
  'replaced_after_final',
  'redacted',
  'erased',
  'lost',
  'withheld',
  'later',
] as const;
export type Fate = (typeof FATES)[number];

export const PROBLEMS = [
  'altered',
  'missing',
  'inserted',
  'reordered',
  'truncated',
  'rewritten',
  'rollback',
  'stale',
  'other_app',
  'forged_erasure',
  'resurrected',
  'signature',
  'unreadable',
] as const;
export type Problem = (typeof PROBLEMS)[number];

export interface Finding {
  problem: Problem;
  /** Where in the log, if the problem has a place. */
  leaf?: number;
  /** When the batch of the leaf was sealed. */
  sealedAt?: string;
  /** The line of records.ndjson, from 1. */
  line?: number;
  text: string;
}

/** Lawful, and worth to be read one by one. */
export interface Remark {
  leaf: number;
  sealedAt?: string;
  kind: 'replaced_after_final' | 'redacted' | 'late';
  text: string;
}

/** How much an outside memory adds to the log's own signature. */
export type Level = 'own_signature' | 'compared' | 'witnessed';

export interface Report {
  /** Nothing contradicts the log. False with at least one finding. */
  isSound: boolean;
  level: Level;
  witnesses: string[];
  log: { app: string; origin: string; size: number; root: string } | undefined;
  /** When the last batch was sealed. */
  newest: string | undefined;
  /** Whether the export says that it holds the whole app, or what a filter found. */
  isWhole: boolean;
  fates: Record<Fate, number>;
  erasures: { at: string; why: string; leaves: number; audit?: string }[];
  /** At most 1,000; `moreFindings` counts the others. */
  findings: Finding[];
  moreFindings: number;
  remarks: Remark[];
  moreRemarks: number;
}

export const LEVELS: Record<Level, string> = {
  own_signature:
    'own signature only: nothing here shows a log that its operator wrote again as a whole',
  compared: 'compared with a checkpoint that you kept: an older rewrite or a cut tail would show',
  witnessed: 'witnessed: independent witnesses saw this checkpoint',
};

export const NOT_PROVED = [
  'that a record is true, or that a program recorded all that it decided',
  'what happened to a record between its 202 and its seal, usually about 5 seconds',
  'that an erasure was justified; the report says when and why it is said to have happened',
  'facts of the server other than the time of receipt',
  'that a filtered export left out only what the filter says; these records are counted as withheld',
] as const;

export const FATE_WORDS: Record<Fate, string> = {
  intact: 'intact',
  superseded: 'replaced by a later version',
  replaced_after_final: 'replaced after they were final',
  redacted: 'redacted',
  erased: 'erased',
  lost: 'lost with a restored backup',
  withheld: 'withheld (the export is filtered)',
  later: 'sealed after the export began',
};

/** The report as text of a terminal. */
export function printReport(report: Report): string {
  const { log } = report;
  const lines = [
    report.isSound
      ? '✓ Sound: nothing in this export contradicts the log.'
      : `✕ ${report.findings.length + report.moreFindings} problem(s) found.`,
    `Level: ${LEVELS[report.level]}${report.witnesses.length > 0 ? ` (${report.witnesses.join(', ')})` : ''}.`,
  ];
  if (log) {
    lines.push(
      `Log:   ${log.origin}, ${log.size} entries, app ${log.app}`,
      `Root:  ${log.root}`,
      `Last batch sealed: ${report.newest ?? 'never'}`,
    );
  }
  for (const fate of FATES) {
    if (report.fates[fate] > 0) {
      lines.push(`${String(report.fates[fate]).padStart(10)} ${FATE_WORDS[fate]}`);
    }
  }
  lines.push(...section('Problems', report.findings, report.moreFindings));
  lines.push(...section('Listed one by one', report.remarks, report.moreRemarks));
  if (report.erasures.length > 0) {
    lines.push('', 'Erasures');
    for (const { at, why, leaves, audit } of report.erasures) {
      const entry = audit === undefined ? '' : `, audit entry ${audit}`;
      lines.push(`  ${at} ${leaves} erased (${why}${entry})`);
    }
  }
  lines.push('', 'Not proved', ...NOT_PROVED.map((text) => `  ${text}`));
  return `${lines.join('\n')}\n`;
}

function section(title: string, items: (Finding | Remark)[], more: number): string[] {
  if (items.length === 0) return [];
  const rows = items.map((item) => {
    const place = item.leaf === undefined ? '' : ` leaf ${item.leaf}`;
    const time = item.sealedAt === undefined ? '' : ` (sealed ${item.sealedAt})`;
    const kind = 'problem' in item ? item.problem : item.kind;
    return `  ${kind}${place}${time}: ${item.text}`;
  });
  return ['', title, ...rows, ...(more > 0 ? [`  … and ${more} more`] : [])];
}
