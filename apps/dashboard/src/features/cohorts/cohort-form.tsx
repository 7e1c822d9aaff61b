'use client';

import { parseQuery } from '@xray/core/query';
import { useQuery } from '@tanstack/react-query';
import { ChevronDownIcon } from 'lucide-react';
import { useState } from 'react';
import { FilterInput } from '@/components/filter/filter-input';
import { pipelineOfFilter } from '@/components/filter/filter-terms';
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
import { useNowMs } from '@/lib/browser-state';
import {
  RECENTLY,
  anchored,
  newestChangesQuery,
  recentValuesQuery,
  type CohortChoice,
} from './cohort-query';
import { useNames } from '@/lib/dictionary';
import { releasePresets, rulePresets, valuePresets, weekPreset, type Preset } from './presets';

interface CohortFormProps {
  app: string;
  a: CohortChoice;
  b: CohortChoice;
  onChange: (next: { a: CohortChoice; b: CohortChoice }) => void;
}

/** The two filters with their times, and suggested pairs. */
export function CohortForm({ app, a, b, onChange }: CohortFormProps) {
  const [qa, setQa] = useState(a.q);
  const [qb, setQb] = useState(b.q);
  const bothRead = parseQuery(qa).ok && parseQuery(qb).ok;
  const drafted = { a: { ...a, q: qa.trim() }, b: { ...b, q: qb.trim() } };
  const ask = (next: { a: CohortChoice; b: CohortChoice }) => {
    if (parseQuery(next.a.q).ok && parseQuery(next.b.q).ok) onChange(next);
  };
  return (
    <form
      aria-label="Two groups"
      className="flex flex-col gap-2 border-b border-line px-4 py-2 print:hidden"
      onSubmit={(event) => {
        event.preventDefault();
        ask(drafted);
      }}
    >
      <CohortRow
        app={app}
        name="a"
        text={qa}
        onText={setQa}
        choice={a}
        onApply={(q) => {
          setQa(q);
          ask({ ...drafted, a: { ...a, q } });
        }}
        onRange={(range) => onChange({ ...drafted, a: { ...drafted.a, range } })}
      />
      <CohortRow
        app={app}
        name="b"
        text={qb}
        onText={setQb}
        choice={b}
        onApply={(q) => {
          setQb(q);
          ask({ ...drafted, b: { ...b, q } });
        }}
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
  app,
  name,
  text,
  onText,
  choice,
  onApply,
  onRange,
}: {
  app: string;
  name: string;
  text: string;
  onText: (text: string) => void;
  choice: CohortChoice;
  onApply: (q: string) => void;
  onRange: (range: CohortChoice['range']) => void;
}) {
  const nowMs = useNowMs();
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span aria-hidden className="w-4 shrink-0 text-sm font-semibold text-ink-faint">
        {name}
      </span>
      <FilterInput
        app={app}
        label={`Filter of group ${name}`}
        placeholder="all executions"
        text={text}
        onText={onText}
        held={choice.q}
        onApply={onApply}
        range={RECENTLY}
        before={<span className="w-2.5" />}
        className="min-w-48 flex-1"
      />
      <RangeMenu
        value={questionRange(anchored(choice.range, nowMs))}
        onChange={(range) => onRange(chosenRange(range))}
      />
    </div>
  );
}

/** A filter without a pipeline gets the rule changes of its most frequent pipelines. */
const MAX_HISTORIES = 3;

function PresetMenu({
  app,
  q,
  onChoose,
}: {
  app: string;
  q: string;
  onChoose: (preset: Preset) => void;
}) {
  const names = useNames();
  const [open, setOpen] = useState(false);
  const recent = useQuery({ ...recentValuesQuery(app, q), enabled: open });
  const { facets, releases } = recent.data ?? {};
  const only = pipelineOfFilter(q);
  const frequent = facets?.items.find(({ field }) => field === 'pipeline')?.values;
  const pipelines =
    only === null ? (frequent ?? []).slice(0, MAX_HISTORIES).map(({ value }) => value) : [only];
  const changes = useQuery({
    ...newestChangesQuery(app, q, pipelines),
    enabled: open && pipelines.length > 0,
  });
  // All suggestions come at once, so that none moves under the pointer.
  const isPending = recent.isPending || changes.isLoading;
  const presets = [
    ...rulePresets(q, changes.data ?? [], only === null && (frequent ?? []).length > 1, names),
    ...(isPending || releases === undefined ? [] : releasePresets(q, releases, names)),
    weekPreset(q),
    ...(isPending || facets === undefined || releases === undefined
      ? []
      : valuePresets(q, facets, releases)),
  ];
  return (
    <DropdownMenu open={open} onOpenChange={setOpen}>
      <DropdownMenuTrigger asChild>
        <Button type="button">
          Suggestions
          <ChevronDownIcon aria-hidden className="text-ink-faint" />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start" className="max-w-[calc(100vw-1.5rem)]">
        <DropdownMenuLabel>
          {q === '' ? 'All executions as group a' : <>Only executions that match group a</>}
        </DropdownMenuLabel>
        {presets.map((preset) => (
          <DropdownMenuItem key={preset.name} onSelect={() => onChoose(preset)}>
            <span className="truncate">{preset.name}</span>
          </DropdownMenuItem>
        ))}
        {isPending ? (
          <p className="px-2 py-1.5 text-sm text-ink-muted">Loading more suggestions…</p>
        ) : recent.isError || changes.isError ? (
          <p className="px-2 py-1.5 text-sm text-ink-muted">
            Some suggestions could not be loaded.
          </p>
        ) : null}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
