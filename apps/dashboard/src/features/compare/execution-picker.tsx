'use client';

import type { ExecutionSummary } from '@xray/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { OptionList } from '@/components/option-list';
import { RelativeTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover';
import { VerdictLabel } from '@/components/verdict-mark';
import { truncateMiddle } from '@/lib/format';
import { recentExecutionsQuery } from '@/lib/queries';
import { executionVerdict } from '@/lib/verdict';

const RECENT = 100;

/** Chooses one execution: one of the latest, or any by its id. */
export function ExecutionPicker({
  app,
  name,
  value,
  onChange,
}: {
  app: string;
  name: string;
  value: string | null;
  onChange: (executionId: string) => void;
}) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const recent = useQuery({ ...recentExecutionsQuery(app, RECENT), enabled: open });
  const id = text.trim();
  const needle = id.toLowerCase();
  const found = (recent.data?.items ?? []).filter((each) => labelOf(each).includes(needle));
  const options = [
    ...(id === '' || found.some((each) => each.executionId === id)
      ? []
      : [{ value: id, label: `The execution with the id ${id}` }]),
    ...found.map((each) => ({
      value: each.executionId,
      label: labelOf(each),
      node: <Summary execution={each} />,
      hint: <RelativeTime iso={each.at} />,
    })),
  ];
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button className="min-w-0 shrink">
          <span className="text-ink-muted">{name}</span>
          <span className="text-mono truncate">
            {value === null ? 'choose…' : truncateMiddle(value, 18)}
          </span>
        </Button>
      </PopoverTrigger>
      <PopoverContent
        aria-label={`Choose execution ${name}`}
        className="w-[min(34rem,calc(100vw-1rem))]"
      >
        <OptionList
          label={`Execution ${name}`}
          placeholder="Id, pipeline, outcome or subject"
          text={text}
          onTextChange={setText}
          selected={value}
          options={options}
          empty={
            recent.isPending
              ? 'Reading the latest executions…'
              : recent.isError
                ? 'The latest executions could not be read; type an id.'
                : 'There is no execution yet.'
          }
          onChoose={(chosen) => {
            setOpen(false);
            setText('');
            onChange(chosen);
          }}
        />
      </PopoverContent>
    </Popover>
  );
}

function labelOf({ executionId, pipeline, outcome, subjects }: ExecutionSummary): string {
  const about = subjects.map(({ type, id }) => `${type}/${id}`).join(' ');
  return `${outcome ?? ''} ${pipeline} ${about} ${executionId}`.trim().toLowerCase();
}

function Summary({ execution }: { execution: ExecutionSummary }) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <VerdictLabel verdict={executionVerdict(execution)} className="shrink-0" />
      <span className="truncate text-ink-muted">
        {execution.pipeline} {execution.subjects.map(({ id }) => id).join(' ')}
      </span>
      <code className="text-mono ml-auto text-ink-faint">
        {truncateMiddle(execution.executionId, 14)}
      </code>
    </span>
  );
}
