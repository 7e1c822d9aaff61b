import type { XRaySDK } from '../client.js';
import type { Execution } from '../execution.js';
import { asRecord, isObject, quietly, type Source } from '../source.js';
import type { StepOptions } from '../step.js';
import { messagesOf, type Model, modelOf, noteGenerations } from './langchain-model.js';
import { type OpenStep, openStep } from './open-steps.js';
import type { PlaceOptions } from './place.js';

export type { PlaceOptions } from './place.js';

/**
 * A callback handler of LangChain and LangGraph.
 *
 * @example
 * ```ts
 * import { type LangChainHandler, xrayCallbacks } from '@xray/sdk/langchain';
 *
 * const handler: LangChainHandler = xrayCallbacks(xray);
 * ```
 */
export interface LangChainHandler {
  readonly name: string;
  /** LangChain waits for the handler, so the record is complete when the call returns. */
  readonly awaitHandlers: boolean;
  readonly raiseError: boolean;
  readonly ignoreLLM: boolean;
  readonly ignoreChain: boolean;
  readonly ignoreAgent: boolean;
  readonly ignoreRetriever: boolean;
  readonly ignoreCustomEvent: boolean;
  copy(): LangChainHandler;
  handleChainStart(...args: unknown[]): void;
  handleChainEnd(output: unknown, runId: string): Promise<void>;
  handleChainError(error: unknown, runId: string): Promise<void>;
  handleChatModelStart(...args: unknown[]): void;
  handleLLMStart(...args: unknown[]): void;
  handleLLMEnd(output: unknown, runId: string): Promise<void>;
  handleLLMError(error: unknown, runId: string): Promise<void>;
  handleToolStart(...args: unknown[]): void;
  handleToolEnd(output: unknown, runId: string): Promise<void>;
  handleToolError(error: unknown, runId: string): Promise<void>;
  handleRetrieverStart(...args: unknown[]): void;
  handleRetrieverEnd(documents: unknown, runId: string): Promise<void>;
  handleRetrieverError(error: unknown, runId: string): Promise<void>;
}

/**
 * Records the runs of LangChain and LangGraph as steps: chains, agents, tools, retrievers with their
 * documents as candidates, models with their tokens, and retries. An interrupt of LangGraph becomes
 * a step of kind `human`.
 *
 * @example
 * ```ts
 * import { xrayCallbacks } from '@xray/sdk/langchain';
 *
 * const chain = { invoke: (input: string, config: { callbacks: object[] }) => [input, config] };
 * chain.invoke('Is this spam?', { callbacks: [xrayCallbacks(xray)] });
 * ```
 */
export function xrayCallbacks(xray: XRaySDK, options: PlaceOptions = {}): LangChainHandler {
  const runs = new Map<string, Run>();
  const models = new Map<string, Model>();

  const begin = (run: Started): void => {
    quietly(() => {
      const parent = run.parentId === undefined ? undefined : runs.get(run.parentId);
      const place = parent?.place ?? rootPlace(xray, options, run.options.input);
      if (place === undefined) return;
      const isHidden = parent !== undefined && run.tags.includes('langsmith:hidden');
      if (isHidden) {
        runs.set(run.id, { place: { ...place, isOwn: false }, open: undefined });
        return;
      }
      const { execution, step, isOwn } = place;
      const open = openStep(step ?? execution, run.name, run.options);
      const inner = { execution, step: open.step ?? step, isOwn: false };
      runs.set(run.id, { place: inner, open, owned: isOwn ? execution : undefined });
    });
  };

  const end = async (
    runId: string,
    finish: (open: OpenStep) => Promise<void>,
    endOwn: (execution: Execution) => void = (execution) => execution.completeExecution(),
  ): Promise<void> => {
    const run = runs.get(runId);
    if (run === undefined) return;
    runs.delete(runId);
    if (run.open !== undefined) await finish(run.open);
    if (run.owned !== undefined) endOwn(run.owned);
  };

  const ended = (runId: string, note: (open: OpenStep) => void): Promise<void> =>
    end(runId, async (open) => {
      quietly(() => note(open));
      await open.finish();
    });

  const failed = (error: unknown, runId: string): Promise<void> => {
    const interrupts = interruptsOf(error);
    if (interrupts !== undefined) {
      return ended(runId, ({ step }) =>
        step?.step('interrupt', { kind: 'human', output: interrupts }, () => {}),
      );
    }
    return end(
      runId,
      (open) => open.fail(error),
      (execution) => execution.failExecution(error),
    );
  };

  const handler: LangChainHandler = {
    name: 'xray',
    awaitHandlers: true,
    raiseError: false,
    ignoreLLM: false,
    ignoreChain: false,
    ignoreAgent: false,
    ignoreRetriever: false,
    ignoreCustomEvent: true,
    copy: () => handler,
    handleChainStart: (...args) => {
      // LangChain calls in this order, whatever its types say.
      const [chain, input, runId, parentRunId, tags, , , runName] = args;
      begin(
        started(chain, runName, runId, parentRunId, tags, { kind: 'group', input: plain(input) }),
      );
    },
    handleChainEnd: (output, runId) =>
      ended(runId, ({ step }) => step?.note({ output: plain(output) })),
    handleChainError: failed,
    handleChatModelStart: (...args) => beginModel(args, messagesOf),
    handleLLMStart: (...args) => beginModel(args, (prompts) => prompts),
    handleLLMEnd: (output, runId) => {
      const model = models.get(runId);
      models.delete(runId);
      return ended(runId, ({ step }) => step && noteGenerations(step, model, output));
    },
    handleLLMError: (error, runId) => {
      models.delete(runId);
      return failed(error, runId);
    },
    handleToolStart: (...args) => {
      const [tool, input, runId, parentRunId, tags, , runName] = args;
      begin(
        started(tool, runName, runId, parentRunId, tags, {
          kind: 'action',
          input: fromJson(input),
        }),
      );
    },
    handleToolEnd: (output, runId) =>
      ended(runId, ({ step }) => step?.note({ output: plain(output) })),
    handleToolError: failed,
    handleRetrieverStart: (...args) => {
      const [retriever, query, runId, parentRunId, tags, , name] = args;
      begin(started(retriever, name, runId, parentRunId, tags, { kind: 'retrieve', input: query }));
    },
    handleRetrieverEnd: (documents, runId) =>
      ended(runId, ({ step }) => {
        if (!Array.isArray(documents)) return;
        const found = documents.filter(isObject).map(asRecord);
        step?.filter(found, { id: (each) => documentId(each, found.indexOf(each)), rules: [] });
      }),
    handleRetrieverError: failed,
  };

  function beginModel(args: readonly unknown[], inputOf: (given: unknown) => unknown): void {
    const [llm, given, runId, parentRunId, extra, tags, metadata, runName] = args;
    const model = modelOf(llm, extra, metadata);
    models.set(String(runId), model);
    const input = quietly(() => inputOf(given));
    begin(
      started(llm, runName ?? model.name, runId, parentRunId, tags, { kind: 'llm', input, model }),
    );
  }

  return handler;
}

interface Place {
  readonly execution: Execution;
  readonly step: OpenStep['step'];
  /** The handler started the execution, and ends it with this run. */
  readonly isOwn: boolean;
}

interface Run {
  readonly place: Place;
  /** `undefined` for a run that only LangGraph itself needs. */
  readonly open: OpenStep | undefined;
  readonly owned?: Execution | undefined;
}

interface Started {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly tags: readonly unknown[];
  readonly options: StepOptions;
}

function rootPlace(xray: XRaySDK, options: PlaceOptions, input: unknown): Place | undefined {
  const execution = quietly(() => options.execution) ?? quietly(() => xray.current());
  if (execution !== undefined) return { execution, step: undefined, isOwn: false };
  const start = quietly(() => options.start) ?? {};
  if (start === false) return undefined;
  return { execution: xray.startExecution({ input, ...start }), step: undefined, isOwn: true };
}

function started(
  serialized: unknown,
  runName: unknown,
  runId: unknown,
  parentRunId: unknown,
  given: unknown,
  options: StepOptions,
): Started {
  const tags: unknown[] = Array.isArray(given) ? given : [];
  const [, attempt] =
    tags
      .map((tag) => /^retry:attempt:(\d+)$/.exec(String(tag)) ?? [])
      .find(([found]) => found !== undefined) ?? [];
  return {
    id: String(runId),
    parentId: typeof parentRunId === 'string' ? parentRunId : undefined,
    name: typeof runName === 'string' && runName !== '' ? runName : className(serialized),
    tags,
    options: attempt === undefined ? options : { ...options, attempt: Number(attempt) },
  };
}

function className(serialized: unknown): string {
  const { name, id } = isObject(serialized) ? asRecord(serialized) : {};
  if (typeof name === 'string' && name !== '') return name;
  const last: unknown = Array.isArray(id) ? id.at(-1) : undefined;
  return typeof last === 'string' ? last : 'run';
}

/** A document's id, its source, or its place in the list. */
function documentId({ id, metadata }: Source, index: number): string {
  const { source } = isObject(metadata) ? asRecord(metadata) : {};
  const [known = `document ${String(index + 1)}`] = [id, source].filter(
    (each) => typeof each === 'string' && each !== '',
  );
  return known as string;
}

/** LangGraph throws such an error to stop a graph until a person answers. */
function interruptsOf(error: unknown): unknown {
  const { name, interrupts } = isObject(error) ? asRecord(error) : {};
  const isInterrupt = name === 'GraphInterrupt' || name === 'NodeInterrupt';
  return isInterrupt ? (interrupts ?? []) : undefined;
}

/** Messages as role and content. Other values stay. */
function plain(value: unknown, depth = 0): unknown {
  if (!isObject(value) || depth > 3) return value;
  if (
    typeof asRecord(value)['getType'] === 'function' ||
    typeof asRecord(value)['_getType'] === 'function'
  ) {
    return (messagesOf([value]) as unknown[])[0];
  }
  if (Array.isArray(value)) return value.map((each) => plain(each, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, plain(each, depth + 1)]),
  );
}

function fromJson(text: unknown): unknown {
  return typeof text === 'string' ? (quietly(() => JSON.parse(text) as unknown) ?? text) : text;
}
