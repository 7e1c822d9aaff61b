import type { ExecutionSummary } from '@xray/core';
import type { ReactNode } from 'react';
import { RelativeTime } from '@/components/time';
import { VerdictLabel } from '@/components/verdict-mark';
import { formatCount, formatDuration, truncateMiddle } from '@/lib/format';
import { executionVerdict, statusVerdict } from '@/lib/verdict';

export const COLUMN_IDS = [
  'outcome',
  'pipeline',
  'subject',
  'reason',
  'duration',
  'time',
  'status',
  'environment',
  'versions',
  'steps',
  'tags',
  'id',
] as const;
export type ColumnId = (typeof COLUMN_IDS)[number];

export interface Column {
  title: string;
  /** A CSS grid track. */
  width: string;
  numeric?: boolean;
  /** Plain text of the cell, shown on hover where `node` may be cut. */
  text: (row: ExecutionSummary) => string;
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
    width: 'minmax(7rem, 1fr)',
    text: (row) => executionVerdict(row).word,
    node: (row) => <VerdictLabel verdict={executionVerdict(row)} className="font-medium" />,
  },
  pipeline: { title: 'Pipeline', width: 'minmax(8rem, 1.4fr)', text: (row) => row.pipeline },
  subject: { title: 'Subject', width: 'minmax(8rem, 1.4fr)', text: subjectText },
  reason: { title: 'Reason', width: 'minmax(8rem, 1.8fr)', text: reasonText },
  duration: {
    title: 'Duration',
    width: '6.5rem',
    numeric: true,
    text: (row) => formatDuration(row.durationMs),
  },
  time: {
    title: 'Time',
    width: '6.5rem',
    numeric: true,
    text: () => '',
    node: (row) => <RelativeTime iso={row.at} />,
  },
  status: {
    title: 'Status',
    width: '7rem',
    text: (row) => row.status,
    node: (row) => <VerdictLabel verdict={statusVerdict(row.status)} />,
  },
  environment: {
    title: 'Environment',
    width: 'minmax(6rem, .7fr)',
    text: (row) => row.environment,
  },
  versions: { title: 'Versions', width: 'minmax(8rem, 1fr)', text: versionsText },
  steps: {
    title: 'Steps',
    width: '4.5rem',
    numeric: true,
    text: (row) =>
      row.failedStepCount > 0
        ? `${formatCount(row.stepCount)} (${formatCount(row.failedStepCount)} failed)`
        : formatCount(row.stepCount),
    node: (row) => formatCount(row.stepCount),
  },
  tags: { title: 'Tags', width: 'minmax(6rem, 1fr)', text: (row) => row.tags.join(', ') },
  id: {
    title: 'Id',
    width: '10rem',
    text: (row) => row.executionId,
    node: (row) => <span className="text-mono">{truncateMiddle(row.executionId, 18)}</span>,
  },
};

export function subjectText(row: ExecutionSummary): string {
  return row.subjects.map((subject) => `${subject.type}/${subject.id}`).join(', ');
}

/** Why it ended so: the reasons' codes, or what broke. */
export function reasonText(row: ExecutionSummary): string {
  if (row.reasons.length > 0) return row.reasons.join(', ');
  if (row.errorType !== null) return row.errorType;
  return '';
}

function versionsText(row: ExecutionSummary): string {
  return Object.entries(row.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
