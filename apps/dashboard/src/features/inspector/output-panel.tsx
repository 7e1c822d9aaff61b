'use client';

import type { Json, Mark, Step } from '@xray/core';
import { useState } from 'react';
import { JsonDiffList } from '@/components/json/json-diff-list';
import { cn } from '@/lib/cn';
import { ValuePanel } from './value-panel';

const VIEWS = { value: 'Value', changes: 'Changes from the input' } as const;

/** Shows the output, or its changes from the input. */
export function OutputPanel({
  step,
  pointer,
  marks,
}: {
  step: Step;
  pointer: string;
  marks: readonly Mark[];
}) {
  const [view, setView] = useState<keyof typeof VIEWS>('value');
  const { input, output } = step;
  const value = (
    <ValuePanel value={output} name="output" basePointer={`${pointer}/output`} marks={marks} />
  );
  if (!isContainer(input) || !isContainer(output)) return value;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <fieldset aria-label="Show" className="flex shrink-0 gap-1 border-b border-line px-3 py-1.5">
        {(Object.keys(VIEWS) as (keyof typeof VIEWS)[]).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={view === each}
            onClick={() => setView(each)}
            className={cn(
              'h-6 rounded-md px-2 text-xs text-ink-muted hover:bg-hover',
              view === each && 'bg-accent-soft text-ink hover:bg-accent-soft',
            )}
          >
            {VIEWS[each]}
          </button>
        ))}
      </fieldset>
      <div className="min-h-0 flex-1">
        {view === 'value' ? value : <JsonDiffList before={input} after={output} />}
      </div>
    </div>
  );
}

function isContainer(value: Json | undefined): value is Json {
  return typeof value === 'object' && value !== null;
}
