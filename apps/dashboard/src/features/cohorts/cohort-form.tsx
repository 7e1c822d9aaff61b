'use client';

import { parseQuery } from '@xray/core/query';
import { useQuery } from '@tanstack/react-query';
import { ChevronDownIcon } from 'lucide-react';
import { useState } from 'react';
import { chosenRange, questionRange } from '@/components/time-range/question-range';
import { RangeMenu } from '@/components/time-range/range-menu';
import { Button } from '@/components/ui/button';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu';
import { inputClasses } from '@/components/ui/field';
import { useNowMs } from '@/lib/browser-state';
import { cn } from '@/lib/cn';
import { anchored, recentFacetsQuery, type CohortChoice } from './cohort-query';
import { valuePresets, weekPreset, type Preset } from './presets';

interface CohortFormProps {
  app: string;
  a: CohortChoice;
  b: CohortChoice;
  onChange: (next: { a: CohortChoice; b: CohortChoice }) => void;
}

/** The two filters with their times, and pairs that are often asked for. */
export function CohortForm({ app, a, b, onChange }: CohortFormProps) {
  const [qa, setQa] = useState(a.q);
  const [qb, setQb] = useState(b.q);
  const bothRead = parseQuery(qa).ok && parseQuery(qb).ok;
  const drafted = { a: { ...a, q: qa.trim() }, b: { ...b, q: qb.trim() } };
  return (
    <form
      aria-label="Two groups"
      className="flex flex-col gap-2 border-b border-line px-4 py-2 print:hidden"
      onSubmit={(event) => {
        event.preventDefault();
        if (bothRead) onChange(drafted);
      }}
    >
      <CohortRow
        name="a"
        q={qa}
        onText={setQa}
        choice={a}
        onRange={(range) => onChange({ ...drafted, a: { ...drafted.a, range } })}
      />
      <CohortRow
        name="b"
        q={qb}
        onText={setQb}
        choice={b}
        onRange={(range) => onChange({ ...drafted, b: { ...drafted.b, range } })}
      />
      <div className="flex flex-wrap gap-2 md:pl-6">
        <Button type="submit" variant="primary" disabled={!bothRead}>
          Compare the groups
        </Button>
        <PresetMenu
          app={app}
          q={a.q}
          onChoose={(preset) =>
            onChange({
              a: { q: preset.a.q, range: { from: preset.a.from, to: preset.a.to } },
              b: { q: preset.b.q, range: { from: preset.b.from, to: preset.b.to } },
            })
          }
        />
      </div>
    </form>
  );
}

function CohortRow({
  name,
  q,
  onText,
  choice,
  onRange,
}: {
  name: string;
  q: string;
  onText: (q: string) => void;
  choice: CohortChoice;
  onRange: (range: CohortChoice['range']) => void;
}) {
  const nowMs = useNowMs();
  const read = parseQuery(q);
  const noteId = `cohort-${name}-note`;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span aria-hidden className="w-4 shrink-0 text-sm font-semibold text-ink-faint">
        {name}
      </span>
      <div className="min-w-48 flex-1">
        <input
          aria-label={`Filter of group ${name}`}
          aria-invalid={read.ok ? undefined : true}
          aria-describedby={read.ok ? undefined : noteId}
          placeholder="every execution"
          autoComplete="off"
          spellCheck={false}
          value={q}
          onChange={(event) => onText(event.target.value)}
          className={cn(inputClasses, 'text-mono h-8')}
        />
        {read.ok ? null : (
          <p id={noteId} className="pt-0.5 text-xs">
            At character {read.error.start + 1}: {read.error.message}
          </p>
        )}
      </div>
      <RangeMenu
        value={questionRange(anchored(choice.range, nowMs))}
        onChange={(range) => onRange(chosenRange(range))}
      />
    </div>
  );
}

function PresetMenu({
  app,
  q,
  onChoose,
}: {
  app: string;
  q: string;
  onChoose: (preset: Preset) => void;
}) {
  const [open, setOpen] = useState(false);
  const facets = useQuery({ ...recentFacetsQuery(app, q), enabled: open });
  const presets = [
    weekPreset(q),
    ...(facets.data === undefined ? [] : valuePresets(q, facets.data)),
  ];
  return (
    <DropdownMenu open={open} onOpenChange={setOpen}>
      <DropdownMenuTrigger asChild>
        <Button type="button">
          Often asked
          <ChevronDownIcon aria-hidden className="text-ink-faint" />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start" className="max-w-[calc(100vw-1.5rem)]">
        <DropdownMenuLabel>
          {q === '' ? 'Of all executions' : <>Within the filter of group a</>}
        </DropdownMenuLabel>
        {presets.map((preset) => (
          <DropdownMenuItem key={preset.name} onSelect={() => onChoose(preset)}>
            <span className="truncate">{preset.name}</span>
          </DropdownMenuItem>
        ))}
        {facets.isPending ? (
          <p className="px-2 py-1.5 text-sm text-ink-muted">Looking for versions…</p>
        ) : facets.isError ? (
          <p className="px-2 py-1.5 text-sm text-ink-muted">Versions could not be read.</p>
        ) : null}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
