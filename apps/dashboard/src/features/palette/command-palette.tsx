'use client';

import { SearchIcon } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Boundary } from '@/components/boundary';
import { Button } from '@/components/ui/button';
import { useHotkeys } from '@/lib/hotkeys';

// A page does not need these to render. They load later, before anybody opens them.
const loadPalette = () => import('./palette-dialog');
const loadShortcuts = () => import('./shortcuts-dialog');
const PaletteDialog = lazy(async () => ({ default: (await loadPalette()).PaletteDialog }));
const ShortcutsDialog = lazy(async () => ({ default: (await loadShortcuts()).ShortcutsDialog }));

/** The palette (Ctrl/⌘-K) opens pages, apps, pipelines and executions. `?` shows all keys. */
export function CommandPalette() {
  const [open, setOpen] = useState<'palette' | 'shortcuts' | null>(null);
  const close = () => setOpen(null);
  useHotkeys({
    'mod+k': () => setOpen(open === 'palette' ? null : 'palette'),
    '?': () => setOpen('shortcuts'),
  });
  useEffect(() => {
    void loadPalette();
    void loadShortcuts();
  }, []);

  return (
    <>
      <Button
        variant="outline"
        className="border-line px-2 font-normal text-ink-muted"
        title="Ctrl K or ⌘ K"
        onClick={() => setOpen('palette')}
      >
        <SearchIcon aria-hidden />
        <span className="max-md:sr-only">Go to…</span>
        <kbd className="rounded border border-line px-1 font-mono text-[11px] leading-4 max-md:hidden">
          Ctrl K
        </kbd>
      </Button>
      <Boundary small title="This could not be opened" of={open ?? 'closed'}>
        <Suspense>
          {open === 'palette' ? <PaletteDialog onClose={close} /> : null}
          {open === 'shortcuts' ? <ShortcutsDialog onClose={close} /> : null}
        </Suspense>
      </Boundary>
    </>
  );
}
