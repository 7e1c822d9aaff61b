import type { Json, ValueChange } from '@xray/core';
import { stringifyJson } from '@xray/core/exact-json';
import { cn } from '@/lib/cn';
import { plural } from '@/lib/format';
import { pointerText } from './json-rows';

const MAX_VALUE_CHARS = 400;
const SIGNS = { added: '+', removed: '−', changed: '~' } as const;

/** Values that differ, each with its text on both sides. */
export function ValueChangeList({
  changes,
  more,
}: {
  changes: readonly ValueChange[];
  /** The number of further changes. */
  more: number;
}) {
  return (
    <>
      <ul>
        {changes.map((change) => (
          <ChangeRow key={`${change.kind} ${change.path}`} change={change} />
        ))}
      </ul>
      {more > 0 ? (
        <p className="px-4 py-1.5 text-sm text-ink-muted">
          {plural(more, 'more difference is', 'more differences are')} not listed.
        </p>
      ) : null}
    </>
  );
}

function ChangeRow({ change: { kind, path, a, b, cut } }: { change: ValueChange }) {
  return (
    <li className="text-mono flex gap-2 border-b border-line px-4 py-1.5 last:border-0">
      <span title={kind} className="w-3 shrink-0 text-ink-muted">
        {SIGNS[kind]}
      </span>
      <span className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-2 gap-y-0.5">
        <span className="wrap-anywhere text-json-key">{pointerText(path) || 'the whole'}</span>
        {a === undefined ? null : (
          <Side value={a} className="bg-removed-soft line-through decoration-ink-faint" />
        )}
        {a === undefined || b === undefined ? null : (
          <span aria-hidden className="text-ink-faint">
            →
          </span>
        )}
        {b === undefined ? null : <Side value={b} className="bg-added-soft" />}
        {cut === true ? <span className="font-sans text-ink-muted">cut here</span> : null}
      </span>
    </li>
  );
}

function Side({ value, className }: { value: Json; className: string }) {
  const text = stringifyJson(value);
  return (
    <span className={cn('max-w-full rounded-sm px-1 wrap-anywhere', className)}>
      {text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text}
    </span>
  );
}
