import { asRecord, isObject, quietly, type Source } from '../source.js';
import type { Step } from '../step.js';
import type { StepNote } from '../step-text.js';

/** The model of a step. */
export type Model = NonNullable<StepNote['model']>;

const SETTINGS = ['temperature', 'top_p', 'max_tokens', 'stop', 'seed'];

/** The model of a call, from the metadata that LangChain gives to all tracers. */
export function modelOf(llm: unknown, extra: unknown, metadata: unknown): Model {
  const { ls_model_name, ls_provider } = recordOf(metadata);
  const given = recordOf(recordOf(extra)['invocation_params']);
  const { id } = recordOf(llm);
  const names = [
    ls_model_name,
    given['model'],
    given['model_name'],
    Array.isArray(id) ? id.at(-1) : undefined,
  ];
  const name = names.find((each) => typeof each === 'string' && each !== '');
  const settings = SETTINGS.filter((each) => given[each] !== undefined);
  return {
    name: typeof name === 'string' ? name : 'unnamed',
    provider: typeof ls_provider === 'string' ? ls_provider : undefined,
    params:
      settings.length > 0
        ? Object.fromEntries(settings.map((each) => [each, given[each]]))
        : undefined,
  };
}

/** Messages as role, content and tool calls. A batch of one is given as a list inside a list. */
export function messagesOf(given: unknown): unknown {
  const outer: unknown[] = Array.isArray(given) ? given : [given];
  const messages = outer.length === 1 && Array.isArray(outer[0]) ? (outer[0] as unknown[]) : outer;
  return messages.map((message) => {
    if (Array.isArray(message)) return messagesOf([message]);
    if (!isObject(message)) return message;
    const { content, tool_calls, name } = asRecord(message);
    const calls = Array.isArray(tool_calls) && tool_calls.length > 0 ? { tool_calls } : {};
    return { role: roleOf(message), content, ...calls, ...(name === undefined ? {} : { name }) };
  });
}

function roleOf(message: object): unknown {
  const { getType, _getType } = asRecord(message);
  const type = typeof getType === 'function' ? getType : _getType;
  return typeof type === 'function' ? quietly(() => type.call(message) as unknown) : undefined;
}

/** Notes the answer and its tokens. */
export function noteGenerations(step: Step, model: Model | undefined, output: unknown): void {
  const { generations, llmOutput } = recordOf(output);
  const batches: unknown[] = Array.isArray(generations) ? generations : [];
  const all = batches.flatMap((batch: unknown) =>
    Array.isArray(batch) ? (batch as unknown[]) : [],
  );
  const answers = all.map((generation) => {
    const { message, text } = recordOf(generation);
    return isObject(message) ? (messagesOf([message]) as unknown[])[0] : text;
  });
  step.note({ output: answers.length === 1 ? answers[0] : answers });
  const usage = recordOf(recordOf(recordOf(all[0])['message'])['usage_metadata']);
  const older = recordOf(recordOf(llmOutput)['tokenUsage']);
  const inputTokens = numberOf(usage['input_tokens'] ?? older['promptTokens']);
  const outputTokens = numberOf(usage['output_tokens'] ?? older['completionTokens']);
  if (model !== undefined) step.note({ model: { ...model, inputTokens, outputTokens } });
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function recordOf(value: unknown): Source {
  return isObject(value) ? asRecord(value) : {};
}
