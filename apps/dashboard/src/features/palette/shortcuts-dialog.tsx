'use client';

import { Dialog, DialogContent, DialogTitle } from '@/components/ui/dialog';

const SHORTCUTS: readonly { where: string; keys: readonly (readonly [string, string])[] }[] = [
  {
    where: 'Everywhere',
    keys: [
      ['Ctrl K, ⌘ K', 'Go to a page, an app or an execution'],
      ['?', 'Show these shortcuts'],
    ],
  },
  {
    where: 'Executions',
    keys: [
      ['j, k', 'Next / previous execution'],
      ['Enter, o', 'Open the execution'],
      ['Space, Escape', 'Open / close the preview'],
      ['Home, End', 'First / last loaded execution'],
      ['/', 'Edit the filter'],
    ],
  },
  {
    where: 'Chart over time',
    keys: [
      ['← →', 'Move between bars'],
      ['Shift ← →, Enter', 'Select a range / zoom in'],
    ],
  },
  {
    where: 'Execution',
    keys: [
      ['[, ]', 'Previous / next execution of the list'],
      ['← → on the divider', 'Make the inspector wider / narrower'],
    ],
  },
  {
    where: 'Timeline',
    keys: [
      ['↑ ↓, j, k', 'Move between steps'],
      ['← →', 'Collapse / expand'],
      ['f, F', 'Next / previous failed step'],
      ['d', 'Next decisive step'],
      ['/, then n, N', 'Find a step / next match / previous match'],
      ['+ − 0', 'Zoom in / zoom out / reset zoom'],
    ],
  },
  {
    where: 'JSON',
    keys: [
      ['← →, Enter', 'Collapse / expand'],
      ['*', 'Expand everything inside'],
      ['/, then n, N', 'Find a key or a value / next match / previous match'],
    ],
  },
];

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogContent className="max-h-[76dvh] overflow-y-auto p-5">
        <DialogTitle className="mb-3 font-semibold">Keyboard shortcuts</DialogTitle>
        <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
          {SHORTCUTS.map(({ where, keys }) => (
            <div key={where}>
              <h3 className="mb-1 text-xs text-ink-muted">{where}</h3>
              <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-sm">
                {keys.map(([key, does]) => (
                  <div key={key} className="col-span-2 grid grid-cols-subgrid">
                    <dt className="text-mono">{key}</dt>
                    <dd>{does}</dd>
                  </div>
                ))}
              </dl>
            </div>
          ))}
        </div>
      </DialogContent>
    </Dialog>
  );
}
