'use client';

import { Dialog, DialogContent, DialogTitle } from '@/components/ui/dialog';

const SHORTCUTS: readonly { where: string; keys: readonly (readonly [string, string])[] }[] = [
  {
    where: 'Everywhere',
    keys: [
      ['Ctrl K, ⌘ K', 'Go to a page, an app, an execution'],
      ['?', 'These shortcuts'],
    ],
  },
  {
    where: 'Executions',
    keys: [
      ['j, k', 'Next, previous'],
      ['Enter, o', 'Open'],
      ['Space, Escape', 'Peek beside the list, close it'],
      ['Home, End', 'First, last of those read'],
      ['/', 'Filter'],
    ],
  },
  {
    where: 'Chart over time',
    keys: [
      ['← →', 'Bar by bar'],
      ['Shift ← →, Enter', 'Select, zoom in'],
    ],
  },
  {
    where: 'Timeline',
    keys: [
      ['↑ ↓, j, k', 'Step by step'],
      ['← →', 'Fold, unfold'],
      ['f, F', 'Next, previous failed step'],
      ['d', 'Next deciding step'],
      ['/, then n, N', 'Find a step, the next, the one before'],
      ['+ − 0', 'Zoom in, out, all'],
    ],
  },
  {
    where: 'JSON',
    keys: [
      ['← →, Enter', 'Close, open'],
      ['*', 'Open all within'],
      ['/, then n, N', 'Find a key or a value, the next, the one before'],
    ],
  },
];

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogContent className="max-h-[76dvh] overflow-y-auto p-5">
        <DialogTitle className="mb-3 font-semibold">Keyboard</DialogTitle>
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
