import type { Mark } from '@xray/core';
import { ScissorsIcon } from 'lucide-react';
import { markText } from './marks';

export function MarkBadge({ mark }: { mark: Mark }) {
  return (
    <span
      title={`${mark.kind} at ${mark.path}`}
      className="inline-flex shrink-0 items-center gap-1 rounded bg-warn-soft px-1.5 font-sans text-xs leading-4 text-ink"
    >
      <ScissorsIcon aria-hidden className="size-3 text-deferred" />
      {markText(mark)}
    </span>
  );
}
