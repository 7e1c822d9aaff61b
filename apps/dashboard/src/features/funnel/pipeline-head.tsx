'use client';

import { useQuery } from '@tanstack/react-query';
import { useQueryStates } from 'nuqs';
import { useState, type ReactNode } from 'react';
import { FilterInput } from '@/components/filter/filter-input';
import { chosenRange, questionRange } from '@/components/time-range/question-range';
import { RangeMenu } from '@/components/time-range/range-menu';
import { inputClasses } from '@/components/ui/field';
import { cn } from '@/lib/cn';
import { environmentsQuery } from './pipeline-queries';
import type { PipelineQuestion } from './question';
import { pipelineParams } from './search-params';

/** The question of the address about one pipeline. */
export function usePipelineQuestion(): PipelineQuestion {
  const [{ from, to, q, env }] = useQueryStates(pipelineParams);
  return { range: { from, to }, q: q ?? '', environment: env };
}

/** Names the pipeline, with its filter, environment and time range. */
export function PipelineHead({
  app,
  pipeline,
  title,
  question,
  children,
}: {
  app: string;
  pipeline: string;
  title: string;
  question: PipelineQuestion;
  /** Links to other pages. */
  children: ReactNode;
}) {
  const [, setParams] = useQueryStates(pipelineParams, { history: 'push' });
  const { range, q, environment } = question;
  return (
    <div className="flex flex-col gap-2 border-b border-line px-4 py-2">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="min-w-0 font-semibold wrap-anywhere" title={pipeline}>
          {title}
        </h1>
        <div className="ml-auto flex flex-wrap gap-2 print:hidden">{children}</div>
      </div>
      <div className="flex flex-wrap items-center gap-2 print:hidden">
        <Filter
          key={q}
          app={app}
          range={range}
          q={q}
          onApply={(next) => void setParams({ q: next === '' ? null : next })}
        />
        <Environments
          app={app}
          pipeline={pipeline}
          range={range}
          chosen={environment}
          onChoose={(env) => void setParams({ env })}
        />
        <RangeMenu
          value={questionRange(range)}
          onChange={(value) => void setParams(chosenRange(value))}
        />
      </div>
    </div>
  );
}

function Filter({
  app,
  range,
  q,
  onApply,
}: {
  app: string;
  range: PipelineQuestion['range'];
  q: string;
  onApply: (q: string) => void;
}) {
  const [text, setText] = useState(q);
  return (
    <FilterInput
      app={app}
      label="Filter of the executions"
      placeholder="all executions of the pipeline"
      text={text}
      onText={setText}
      held={q}
      onApply={onApply}
      range={range}
      before={<span className="w-2.5" />}
      className="min-w-48 flex-1"
    />
  );
}

/** Nothing where the pipeline runs in one environment alone. */
function Environments({
  app,
  pipeline,
  range,
  chosen,
  onChoose,
}: {
  app: string;
  pipeline: string;
  range: PipelineQuestion['range'];
  chosen: string | null;
  onChoose: (environment: string | null) => void;
}) {
  const found = useQuery(environmentsQuery(app, pipeline, range)).data ?? [];
  const names = chosen === null || found.includes(chosen) ? found : [...found, chosen];
  if (names.length < 2 && chosen === null) return null;
  return (
    <select
      aria-label="Environment"
      value={chosen ?? ''}
      onChange={(event) => onChoose(event.target.value === '' ? null : event.target.value)}
      className={cn(inputClasses, 'w-auto max-w-40')}
    >
      <option value="">All environments</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
