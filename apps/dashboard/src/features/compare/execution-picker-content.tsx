'use client';

import type { ExecutionSummary } from '@xray/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { typedLookupQuery } from '@/components/id-lookup/lookup-query';
import { OptionList } from '@/components/option-list';
import { RelativeTime } from '@/components/time';
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover';
import { ExecutionLabel } from '@/components/outcome-label';
import { truncateMiddle } from '@/lib/format';
import { recentExecutionsQuery } from '@/lib/queries';

const RECENT = 100;
const ID_MAX_LENGTH = 128;

export interface ExecutionPickerProps {
  app: string;
  name: string;
  value: string | null;
  onChange: (executionId: string) => void;
}

export function ExecutionPickerContent({
  trigger,
  app,
  name,
  value,
  onChange,
}: ExecutionPickerProps & { trigger: ReactElement }) {
  const [open, setOpen] = useState(true);
  const [text, setText] = useState('');
  const recent = useQuery({ ...recentExecutionsQuery(app, RECENT), enabled: open });
  const id = text.trim();
  const needle = id.toLowerCase();
  const found = (recent.data?.items ?? []).filter((each) => labelOf(each).includes(needle));
  const isListed = found.some((each) => each.executionId === id);
  const lookup = useQuery({
    ...typedLookupQuery(app, id),
    enabled: open && id !== '' && id.length <= ID_MAX_LENGTH && !isListed,
  });
  const isExecution = lookup.data?.found.execution === true;
  const options = [
    ...(isExecution && !isListed ? [{ value: id, label: `The execution with the id ${id}` }] : []),
    ...found.map((each) => ({
      value: each.executionId,
      label: labelOf(each),
      node: <Summary execution={each} />,
      hint: <RelativeTime iso={each.at} />,
    })),
  ];
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>{trigger}</PopoverTrigger>
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
              ? 'Loading the latest executions…'
              : lookup.isFetching
                ? 'Looking up this id…'
                : recent.isError
                  ? 'The latest executions could not be loaded. Enter an id.'
                  : id === ''
                    ? 'No executions yet.'
                    : 'No results. No execution has this id.'
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
      <ExecutionLabel execution={execution} className="shrink-0" />
      <span className="truncate text-ink-muted">
        {execution.pipeline} {execution.subjects.map(({ id }) => id).join(' ')}
      </span>
      <code className="text-mono ml-auto text-ink-faint">
        {truncateMiddle(execution.executionId, 14)}
      </code>
    </span>
  );
}
