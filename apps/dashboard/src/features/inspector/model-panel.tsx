import type { Step } from '@xray/core';
import { isNumber, stringifyJson } from '@xray/core/exact-json';
import type { ReactNode } from 'react';
import { ScrollText } from '@/components/scroll-text';
import { formatCount, formatNumber } from '@/lib/format';

/** The facts of a model call. */
export function ModelPanel({ model }: { model: NonNullable<Step['model']> }) {
  const { params } = model;
  return (
    <div className="flex flex-col gap-4 p-4">
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-sm">
        <Fact name="Model">{model.name}</Fact>
        {model.provider ? <Fact name="Provider">{model.provider}</Fact> : null}
        {model.promptVersion ? <Fact name="Prompt version">{model.promptVersion}</Fact> : null}
        {isNumber(model.inputTokens) ? (
          <Fact name="Input tokens">{formatCount(model.inputTokens)}</Fact>
        ) : null}
        {isNumber(model.outputTokens) ? (
          <Fact name="Output tokens">{formatCount(model.outputTokens)}</Fact>
        ) : null}
        {isNumber(model.costUsd) ? (
          <Fact name="Cost">{formatNumber(model.costUsd)} USD</Fact>
        ) : null}
      </dl>
      {params === undefined || params === null ? null : (
        <div>
          <h3 className="mb-1 text-sm text-ink-muted">Parameters</h3>
          <ScrollText label="Parameters" text={stringifyJson(params, undefined, 2)} />
        </div>
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  );
}
