import type { FlowChange } from '@xray/core';
import { useNames } from '@/lib/dictionary';
import { formatSharesApart } from '@/lib/format';
import { differenceText } from './interval-layout';

type Change = FlowChange['steps'][number] | FlowChange['edges'][number];

/** Steps and edges that one group takes more often. */
export function FlowChanges({ flow }: { flow: FlowChange }) {
  const names = useNames();
  const nameOr = (step: string | null, other: string) =>
    step === null ? other : names('steps', step);
  const rows: { key: string; text: string; change: Change }[] = [
    ...flow.steps.map((change) => ({
      key: change.name,
      text: names('steps', change.name),
      change,
    })),
    ...flow.edges.map((change) => {
      const text = `${nameOr(change.from, 'the start')} → ${nameOr(change.to, 'the end')}`;
      return { key: JSON.stringify([change.from, change.to]), text, change };
    }),
  ];
  if (rows.length === 0) return null;
  return (
    <section aria-label="Paths that differ" className="flex flex-col gap-2">
      <h2 className="px-4 font-semibold">Paths that differ</h2>
      <ul className="border-t border-line">
        {rows.map(({ key, text, change }) => (
          <li
            key={key}
            className="flex min-w-0 flex-wrap gap-x-3 border-b border-line px-4 py-1.5 text-sm"
          >
            <span className="min-w-0 flex-1 wrap-anywhere">{text}</span>
            <span>{formatSharesApart([change.a.rate, change.b.rate]).join(' → ')}</span>
            <span className="text-ink-muted">({differenceText(change)})</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
