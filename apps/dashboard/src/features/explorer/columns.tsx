import type { ExecutionSort, ExecutionSummary } from '@xray/core';
import type { ReactNode } from 'react';
import { RelativeTime } from '@/components/time';
import { ExecutionLabel } from '@/components/outcome-label';
import { VerdictLabel } from '@/components/verdict-mark';
import type { Names } from '@/lib/dictionary';
import { formatCount, formatDuration, truncateMiddle } from '@/lib/format';
import { executionWords } from '@/lib/outcomes';
import { technicalVerdict } from '@/lib/verdict';

export const COLUMN_IDS = [
  'outcome',
  'pipeline',
  'subject',
  'reason',
  'duration',
  'time',
  'received',
  'status',
  'environment',
  'versions',
  'steps',
  'error',
  'tags',
  'id',
] as const;
export type ColumnId = (typeof COLUMN_IDS)[number];

export interface Column {
  title: string;
  /** The least width in px and the share of the rest, used if no width is chosen. */
  minPx: number;
  share: number;
  numeric?: boolean;
  /** The list's order for this column. A `-` before it means descending. */
  sort?: Exclude<ExecutionSort, `-${string}`>;
  /** Plain text of the cell. With recorded names it is shown on hover. */
  text: (row: ExecutionSummary, names: Names) => string;
  node?: (row: ExecutionSummary) => ReactNode;
}

export const DEFAULT_COLUMNS: readonly ColumnId[] = [
  'outcome',
  'pipeline',
  'subject',
  'reason',
  'duration',
  'time',
];

export const COLUMNS: Record<ColumnId, Column> = {
  outcome: {
    title: 'Outcome',
    minPx: 112,
    share: 1,
    text: executionWords,
    node: (row) => <ExecutionLabel execution={row} className="font-medium" />,
  },
  pipeline: {
    title: 'Pipeline',
    minPx: 128,
    share: 1.4,
    text: (row, names) => names('pipelines', row.pipeline),
  },
  subject: { title: 'Subject', minPx: 128, share: 1.4, text: subjectText },
  reason: { title: 'Reason', minPx: 128, share: 1.8, text: reasonText },
  duration: {
    title: 'Duration',
    minPx: 104,
    share: 0,
    numeric: true,
    sort: 'duration',
    text: (row) => formatDuration(row.durationMs),
  },
  time: {
    title: 'Time',
    minPx: 104,
    share: 0,
    numeric: true,
    sort: 'at',
    text: () => '',
    node: (row) => <RelativeTime iso={row.at} />,
  },
  received: {
    title: 'Received',
    minPx: 104,
    share: 0,
    numeric: true,
    sort: 'received',
    text: () => '',
    node: (row) => <RelativeTime iso={row.receivedAt} />,
  },
  status: {
    title: 'Status',
    minPx: 112,
    share: 0,
    text: (row) => technicalVerdict(row).word,
    node: (row) => <VerdictLabel verdict={technicalVerdict(row)} />,
  },
  environment: {
    title: 'Environment',
    minPx: 96,
    share: 0.7,
    text: (row) => row.environment,
  },
  versions: { title: 'Versions', minPx: 128, share: 1, text: versionsText },
  steps: {
    title: 'Steps',
    minPx: 72,
    share: 0,
    numeric: true,
    text: (row) =>
      row.failedStepCount > 0
        ? `${formatCount(row.stepCount)} (${formatCount(row.failedStepCount)} failed)`
        : formatCount(row.stepCount),
    node: (row) => formatCount(row.stepCount),
  },
  error: { title: 'Error', minPx: 96, share: 1, text: (row) => row.errorType ?? '' },
  tags: { title: 'Tags', minPx: 96, share: 1, text: (row) => row.tags.join(', ') },
  id: {
    title: 'Id',
    minPx: 160,
    share: 0,
    text: (row) => row.executionId,
    node: (row) => <span className="text-mono">{truncateMiddle(row.executionId, 18)}</span>,
  },
};

function subjectText(row: ExecutionSummary): string {
  return row.subjects.map((subject) => `${subject.type}/${subject.id}`).join(', ');
}

/** The reasons, or else the error. */
function reasonText(row: ExecutionSummary, names: Names): string {
  if (row.reasons.length > 0) return row.reasons.map((code) => names('reasons', code)).join(', ');
  if (row.errorType !== null) return row.errorType;
  return '';
}

function versionsText(row: ExecutionSummary): string {
  return Object.entries(row.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
