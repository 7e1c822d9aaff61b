import type { Json, Mark } from '@xray/core';
import { JsonTree } from '@/components/json/json-tree';
import { MarkBadge } from '@/components/json/mark-badge';

interface ValuePanelProps {
  value: Json | undefined;
  name: string;
  basePointer: string;
  marks: readonly Mark[];
}

/** Shows a recorded value, or the marks that say why there is none. */
export function ValuePanel({ value, name, basePointer, marks }: ValuePanelProps) {
  if (value !== undefined) {
    return <JsonTree value={value} name={name} basePointer={basePointer} marks={marks} />;
  }
  const ownMarks = marks.filter((mark) => mark.path === basePointer);
  return (
    <div className="flex flex-wrap items-center gap-2 p-4 text-sm text-ink-muted">
      No {name} was recorded.
      {ownMarks.map((mark) => (
        <MarkBadge key={`${mark.kind} ${mark.rule ?? ''}`} mark={mark} />
      ))}
    </div>
  );
}
