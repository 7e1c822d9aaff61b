import type { ExecutionSummary } from './api.js';
import type { Case } from './case.js';
import { BYTE_ORDER_MARK, csvRow, type CsvValue } from './csv.js';
import { stringifyJson } from './exact-json.js';
import type { Facets } from './finding.js';
import type { CandidateHistory, SubjectHistory } from './history.js';

type Column<Row> = [name: string, value: (row: Row) => CsvValue];

const SUMMARY_COLUMNS: Column<ExecutionSummary>[] = [
  ['executionId', (row) => row.executionId],
  ['at', (row) => row.at],
  ['pipeline', (row) => row.pipeline],
  ['environment', (row) => row.environment],
  ['status', (row) => row.status],
  ['outcome', (row) => row.outcome],
  ['adverse', (row) => row.adverse],
  ['reasons', (row) => row.reasons.join('; ')],
  ['subjects', (row) => row.subjects.map(({ type, id }) => `${type}/${id}`).join('; ')],
  [
    'versions',
    (row) =>
      Object.entries(row.versions)
        .map((version) => version.join('='))
        .join('; '),
  ],
  ['tags', (row) => row.tags.join('; ')],
  ['durationMs', (row) => row.durationMs],
  ['stepCount', (row) => row.stepCount],
  ['failedStepCount', (row) => row.failedStepCount],
  ['errorType', (row) => row.errorType],
  ['receivedAt', (row) => row.receivedAt],
  ['revision', (row) => row.revision],
  ['conflict', (row) => row.conflict],
  ['stale', (row) => row.stale],
];

const CASE_COLUMNS: Column<Case['items'][number]>[] = [
  ...SUMMARY_COLUMNS,
  ['about', (row) => row.about],
  ['matter', (row) => row.matter],
  [
    'links',
    (row) => row.links.map(({ relation, executionId }) => `${relation} ${executionId}`).join('; '),
  ],
  ['replacedBy', (row) => row.replacedBy],
];

const CANDIDATE_COLUMNS: Column<CandidateHistory['items'][number]>[] = [
  ['executionId', (row) => row.executionId],
  ['at', (row) => row.at],
  ['pipeline', (row) => row.pipeline],
  ['environment', (row) => row.environment],
  ['decision', (row) => row.decision],
  ['step', (row) => row.step.name],
  ['type', (row) => row.type],
  ['outcome', (row) => row.outcome],
  ['reason', (row) => row.reason],
  ['rule', (row) => row.rule?.rule],
  ['score', (row) => row.score],
  ['rank', (row) => row.rank],
  ['cutoff', (row) => row.cutoff],
  ['margin', (row) => row.margin],
];

const SUBJECT_COLUMNS: Column<SubjectHistory['items'][number]>[] = [
  ...SUMMARY_COLUMNS,
  [
    'rules',
    (row) =>
      row.rules
        .map(({ rule, actual, op, threshold }) =>
          [
            rule,
            ...[actual, op, threshold].flatMap((part) =>
              part === undefined || part === null
                ? []
                : [typeof part === 'string' ? part : stringifyJson(part)],
            ),
          ].join(' '),
        )
        .join('; '),
  ],
];

/** The first line, with a byte order mark if requested. */
export function summariesHead(bom: boolean): string {
  return (bom ? BYTE_ORDER_MARK : '') + csvRow(SUMMARY_COLUMNS.map(([name]) => name));
}

export function summaryLine(summary: ExecutionSummary): string {
  return csvRow(SUMMARY_COLUMNS.map(([, value]) => value(summary)));
}

export function summariesCsv(items: ExecutionSummary[], bom: boolean): string {
  return table(SUMMARY_COLUMNS, items, bom);
}

export function caseCsv({ items }: Case, bom: boolean): string {
  return table(CASE_COLUMNS, items, bom);
}

export function candidateCsv({ items }: CandidateHistory, bom: boolean): string {
  return table(CANDIDATE_COLUMNS, items, bom);
}

export function subjectCsv({ items }: SubjectHistory, bom: boolean): string {
  return table(SUBJECT_COLUMNS, items, bom);
}

export function facetsCsv({ items }: Facets, bom: boolean): string {
  const rows = items.flatMap(({ field, values }) =>
    values.map(({ value, count }) => ({ field, value, count })),
  );
  return table<(typeof rows)[number]>(
    [
      ['field', (row) => row.field],
      ['value', (row) => row.value],
      ['count', (row) => row.count],
    ],
    rows,
    bom,
  );
}

function table<Row>(columns: Column<Row>[], rows: Row[], bom: boolean): string {
  const head = csvRow(columns.map(([name]) => name));
  const lines = rows.map((row) => csvRow(columns.map(([, value]) => value(row))));
  return (bom ? BYTE_ORDER_MARK : '') + head + lines.join('');
}
