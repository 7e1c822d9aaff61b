'use client';

import { BookmarkIcon, Trash2Icon } from 'lucide-react';
import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { useState } from 'react';
import { CopyButton } from '@/components/copy-button';
import { Button } from '@/components/ui/button';
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover';
import { cn } from '@/lib/cn';
import { store, useStored } from '@/lib/preferences';
import { MAX_NAME_LENGTH, parseViews, removeView, saveView, viewSearch } from './saved-views';

/** Lists to come back to, kept in this browser; the address of each can be given to anybody. */
export function ViewsMenu({ app }: { app: string }) {
  const key = `xray.views.${app}`;
  const views = parseViews(useStored(key));
  const current = viewSearch(useSearchParams().toString());
  const [open, setOpen] = useState(false);
  const shown = views.find((view) => view.search === current);
  const keep = (next: readonly (typeof views)[number][]) => store(key, JSON.stringify(next));
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button className="max-w-48 min-w-0 max-md:hidden">
          <BookmarkIcon aria-hidden />
          <span className="truncate" title={shown?.name}>
            {shown?.name ?? 'Views'}
          </span>
        </Button>
      </PopoverTrigger>
      <PopoverContent align="end" aria-label="Saved views" className="w-80 p-1">
        {views.length === 0 ? (
          <p className="px-2 py-2 text-sm text-ink-muted">
            None yet. A view keeps the filter, the time, the order and the columns, in this browser.
          </p>
        ) : (
          <ul className="max-h-[50dvh] overflow-y-auto">
            {views.map((view) => (
              <li key={view.name} className="flex h-8 items-center rounded hover:bg-hover">
                <Link
                  href={hrefOf(app, view.search)}
                  aria-current={view === shown ? 'true' : undefined}
                  title={view.name}
                  onClick={() => setOpen(false)}
                  className={cn(
                    'min-w-0 flex-1 truncate px-2 text-sm',
                    view === shown && 'font-medium',
                  )}
                >
                  {view.name}
                </Link>
                <CopyButton
                  text={() => new URL(hrefOf(app, view.search), location.href).href}
                  label={`Copy the address of ${view.name}`}
                />
                <Button
                  variant="ghost"
                  size="iconSm"
                  aria-label={`Forget ${view.name}`}
                  title="Forget it"
                  onClick={() => keep(removeView(views, view.name))}
                >
                  <Trash2Icon aria-hidden />
                </Button>
              </li>
            ))}
          </ul>
        )}
        <form
          className="mt-1 flex gap-2 border-t border-line p-2"
          onSubmit={(event) => {
            event.preventDefault();
            const form = event.currentTarget;
            const name = new FormData(form).get('name');
            if (typeof name !== 'string') return;
            keep(saveView(views, { name, search: current }));
            form.reset();
          }}
        >
          <input
            name="name"
            required
            maxLength={MAX_NAME_LENGTH}
            aria-label="Name of this view"
            placeholder="Name of this view"
            autoComplete="off"
            className="h-8 min-w-0 flex-1 rounded-md border border-line-strong bg-panel px-2 text-sm placeholder:text-ink-faint"
          />
          <Button type="submit" variant="primary">
            Save
          </Button>
        </form>
      </PopoverContent>
    </Popover>
  );
}

function hrefOf(app: string, search: string): string {
  const query = new URLSearchParams(search);
  query.set('app', app);
  return `/executions?${query}`;
}
