import { parseJson, type Json, type Snapshot, type Step } from '@xray/core';
import type { SpanView } from './span-view.js';
import type { Node } from './tree.js';
import { isObject } from './values.js';

/** The span that is an execution of our own export. It is no step. */
export function isOwnRoot({ view }: Node): boolean {
  return view.raw('xray.execution.root') === true;
}

/** The fields that our export wrote beside those that other products read. */
export function exportedStep(view: SpanView): Partial<Step> | undefined {
  return more(view, 'xray.step.more') as Partial<Step> | undefined;
}

export function exportedExecution(view: SpanView): Partial<Snapshot> {
  return (more(view, 'xray.execution.more') ?? {}) as Partial<Snapshot>;
}

function more(view: SpanView, name: string): Record<string, Json> | undefined {
  const parts = view.list(name);
  if (parts === undefined) return undefined;
  const text = parts
    .map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : ''))
    .join('');
  try {
    const fields = parseJson(text);
    return isObject(fields) ? (fields as Record<string, Json>) : undefined;
  } catch {
    return undefined;
  }
}
