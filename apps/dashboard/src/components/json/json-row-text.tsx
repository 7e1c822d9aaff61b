import type { Mark } from '@xray/core';
import { isNumber } from '@xray/core/exact-json';
import type { ReactNode } from 'react';
import { cn } from '@/lib/cn';
import { formatCount, plural } from '@/lib/format';
import type { JsonRow } from './json-rows';
import { MarkBadge } from './mark-badge';
import { beginningOf } from './text-lines';

export function RowMarks({
  row,
  at,
  within,
}: {
  row: JsonRow;
  at: readonly Mark[] | undefined;
  within: number | undefined;
}) {
  return (
    <>
      {at?.map((mark) => (
        <MarkBadge key={`${mark.kind} ${mark.path} ${mark.rule ?? ''}`} mark={mark} />
      ))}
      {within !== undefined && row.open === false ? (
        <span className="shrink-0 font-sans text-xs text-ink-muted">
          {plural(within, 'mark')} inside
        </span>
      ) : null}
    </>
  );
}

/** Label, marks and value of one line. */
export function RowText({
  row,
  name,
  previewLength,
  children,
}: {
  row: JsonRow;
  name: string;
  previewLength: number;
  children: ReactNode;
}) {
  if (row.shape === 'line') {
    return (
      <span dir={row.dir ?? 'ltr'} className="flex-1 text-json-string">
        {String(row.value)}
      </span>
    );
  }
  const label = row.label ?? (row.depth === 0 ? name : '');
  return (
    <>
      <span
        title={typeof label === 'string' ? label : undefined}
        className={cn(
          // The value of a key matters more than the end of a very long key.
          'max-w-80 shrink-0 truncate',
          typeof row.label === 'string' && row.shape !== 'group'
            ? 'text-json-key'
            : 'text-ink-muted',
        )}
      >
        {label}
        {row.shape === 'group' ? '' : ':'}
      </span>
      {row.shape === 'group' ? null : children}
      <ValueText row={row} previewLength={previewLength} />
    </>
  );
}

function ValueText({ row, previewLength }: { row: JsonRow; previewLength: number }) {
  const { value, shape, size } = row;
  if (shape === 'group') return null;
  if (shape === 'object')
    return (
      <span className="text-ink-faint">{size === 0 ? '{}' : `{ ${plural(size, 'key')} }`}</span>
    );
  if (shape === 'array')
    return (
      <span className="text-ink-faint">{size === 0 ? '[]' : `[ ${plural(size, 'item')} ]`}</span>
    );
  if (shape === 'text' && typeof value === 'string') {
    return (
      <span className="flex min-w-0 gap-2">
        {row.open === true ? null : (
          <span
            dir="auto"
            className="text-json-string"
          >{`"${preview(value, previewLength)}…"`}</span>
        )}
        <span className="text-ink-faint">{formatCount(value.length)} characters</span>
      </span>
    );
  }
  if (typeof value === 'string')
    return (
      <span dir="auto" className="text-json-string">
        {JSON.stringify(value)}
      </span>
    );
  if (isNumber(value)) return <span className="text-json-number">{String(value)}</span>;
  return <span className="text-json-word">{String(value)}</span>;
}

function preview(text: string, lineLength: number): string {
  return beginningOf(text, Math.max(12, lineLength - 44));
}
