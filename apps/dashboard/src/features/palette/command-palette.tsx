'use client';

import { useQuery } from '@tanstack/react-query';
import { SearchIcon } from 'lucide-react';
import { useRouter, useSearchParams } from 'next/navigation';
import { useState } from 'react';
import { OptionList } from '@/components/option-list';
import { Button } from '@/components/ui/button';
import { Dialog, DialogContent, DialogTitle } from '@/components/ui/dialog';
import { useHotkeys } from '@/lib/hotkeys';
import { setTheme, setZone } from '@/lib/preferences';
import { appsQuery, pipelinesQuery, recentExecutionsQuery } from '@/lib/queries';
import { findCommands, type Command } from './palette-commands';

const RECENT = 50;

/** Ctrl/⌘-K: everywhere one can go, by name or by an execution's id. */
export function CommandPalette() {
  const router = useRouter();
  const app = useSearchParams().get('app');
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const ofApp = open && app !== null;
  const apps = useQuery({ ...appsQuery, enabled: open });
  const pipelines = useQuery({ ...pipelinesQuery(app ?? ''), enabled: ofApp });
  const recent = useQuery({ ...recentExecutionsQuery(app ?? '', RECENT), enabled: ofApp });
  const show = (shown: boolean) => {
    setText('');
    setOpen(shown);
  };
  useHotkeys({ 'mod+k': () => show(!open) });

  const commands = findCommands(text, {
    app,
    apps: apps.data?.items ?? [],
    pipelines: pipelines.data?.items ?? [],
    recent: recent.data?.items ?? [],
  });
  const run = ({ action }: Command) => {
    show(false);
    if ('go' in action) router.push(action.go);
    else if ('theme' in action) setTheme(action.theme);
    else setZone(action.zone);
  };

  return (
    <>
      <Button
        variant="outline"
        className="border-line px-2 font-normal text-ink-muted"
        title="Ctrl K or ⌘ K"
        onClick={() => show(true)}
      >
        <SearchIcon aria-hidden />
        <span className="max-md:sr-only">Go to…</span>
        <kbd className="rounded border border-line px-1 font-mono text-[11px] leading-4 max-md:hidden">
          Ctrl K
        </kbd>
      </Button>
      <Dialog open={open} onOpenChange={show}>
        <DialogContent>
          <DialogTitle className="sr-only">Go to</DialogTitle>
          <OptionList
            label="Go to"
            placeholder="A page, an app, a pipeline, or an execution’s id"
            text={text}
            onTextChange={setText}
            options={commands.map(({ id, label, hint }) => ({ value: id, label, hint }))}
            empty="Nothing is called that. An execution is found by its whole id, in the app that is open."
            onChoose={(id) => {
              const command = commands.find((each) => each.id === id);
              if (command !== undefined) run(command);
            }}
          />
        </DialogContent>
      </Dialog>
    </>
  );
}
