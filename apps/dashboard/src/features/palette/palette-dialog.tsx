'use client';

import { useQuery } from '@tanstack/react-query';
import { useRouter, useSearchParams } from 'next/navigation';
import { useState } from 'react';
import { typedLookupQuery } from '@/components/id-lookup/lookup-query';
import { mayBePrefix, suggestionsQuery } from '@/components/id-lookup/suggestions-query';
import { OptionList } from '@/components/option-list';
import { Dialog, DialogContent, DialogTitle } from '@/components/ui/dialog';
import { useNames } from '@/lib/dictionary';
import { setTheme, setZone } from '@/lib/preferences';
import { appsQuery, pipelinesQuery, recentExecutionsQuery } from '@/lib/queries';
import { findCommands, possibleId, type Command } from './palette-commands';

const RECENT = 50;

/** The open palette: the pages and actions that match the text. */
export function PaletteDialog({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const app = useSearchParams().get('app');
  const names = useNames();
  const [text, setText] = useState('');
  const apps = useQuery(appsQuery);
  const pipelines = useQuery({ ...pipelinesQuery(app ?? ''), enabled: app !== null });
  const recent = useQuery({ ...recentExecutionsQuery(app ?? '', RECENT), enabled: app !== null });
  const id = possibleId(text);
  const lookup = useQuery({
    ...typedLookupQuery(app ?? '', id ?? ''),
    enabled: app !== null && id !== null,
  });

  const prefix = text.trim();
  const suggested = useQuery({
    ...suggestionsQuery(app ?? '', prefix),
    enabled: app !== null && mayBePrefix(prefix),
  });

  const commands = findCommands(text, {
    app,
    apps: apps.data?.items ?? [],
    pipelines: pipelines.data?.items ?? [],
    recent: recent.data?.items ?? [],
    lookup: lookup.data ?? null,
    suggested: mayBePrefix(prefix) ? (suggested.data?.items ?? []) : [],
    names,
  });
  const run = ({ action }: Command) => {
    onClose();
    if ('go' in action) router.push(action.go);
    else if ('theme' in action) setTheme(action.theme);
    else setZone(action.zone);
  };

  return (
    <Dialog open onOpenChange={onClose}>
      <DialogContent>
        <DialogTitle className="sr-only">Go to</DialogTitle>
        <OptionList
          label="Go to"
          placeholder="A page, an app, a pipeline, or an id"
          text={text}
          onTextChange={setText}
          options={commands.map(({ id, label, hint }) => ({ value: id, label, hint }))}
          empty={
            lookup.isFetching || suggested.isFetching
              ? 'Searching…'
              : 'No results in this app. Type the first letters of an id, or a complete execution id.'
          }
          onChoose={(id) => {
            const command = commands.find((each) => each.id === id);
            if (command !== undefined) run(command);
          }}
        />
      </DialogContent>
    </Dialog>
  );
}
