import type { XRaySDK } from './client.js';
import type { Execution } from './execution.js';
import type { Step } from './step.js';
import type { StepNote } from './step-text.js';
import { asRecord, isObject, quietly } from './source.js';

/**
 * The options for the steps that record a model's calls.
 *
 * @example
 * ```ts
 * import type { AiOptions } from '@xray/sdk/ai';
 *
 * const options: AiOptions = { execution, name: 'policy' };
 * ```
 */
export interface AiOptions {
  /**
   * Default: `xray.current()` at the time of the call. Without an execution nothing is recorded.
   */
  execution?: Execution | undefined;
  /** The step's name. Default: the model's id. */
  name?: string | undefined;
}

interface ModelIdentity {
  readonly provider: string;
  readonly modelId: string;
}

interface Streamed {
  readonly stream: ReadableStream<unknown>;
}

/**
 * A language model middleware of the Vercel AI SDK, versions 5 and 6.
 *
 * @example
 * ```ts
 * import { type AiMiddleware, xrayAiMiddleware } from '@xray/sdk/ai';
 *
 * const middleware: AiMiddleware = xrayAiMiddleware(xray);
 * ```
 */
export interface AiMiddleware {
  readonly specificationVersion: 'v3';
  wrapGenerate<R extends object>(call: {
    doGenerate: () => PromiseLike<R>;
    params: object;
    model: ModelIdentity;
  }): Promise<R>;
  wrapStream<R extends Streamed>(call: {
    doStream: () => PromiseLike<R>;
    params: object;
    model: ModelIdentity;
  }): Promise<R>;
}

/**
 * Records each call of a language model as a step of kind `llm`: the prompt, the answer, the model,
 * its settings and its tokens. A streamed answer passes through unchanged. Its step ends with the
 * stream, even if `run` has returned.
 *
 * @example
 * ```ts
 * import { gateway, generateText, wrapLanguageModel } from 'ai';
 * import { xrayAiMiddleware } from '@xray/sdk/ai';
 *
 * const middleware = xrayAiMiddleware(xray);
 * const model = wrapLanguageModel({ model: gateway('openai/gpt-5'), middleware });
 * await xray.run(() => generateText({ model, prompt: 'Is this spam?' }));
 * ```
 */
export function xrayAiMiddleware(xray: XRaySDK, options: AiOptions = {}): AiMiddleware {
  /** Bad options or a bad call cost the record. The host still gets the model's answer. */
  const callOf = (params: unknown, model: unknown): Call | undefined => {
    const execution = quietly(() => options.execution) ?? quietly(() => xray.current());
    if (execution === undefined) return undefined;
    const identity = modelOf(params, model);
    const name = quietly(() => options.name) ?? identity.name;
    const input = quietly(() => asRecord(params as object)['prompt']);
    return { execution, name, note: { kind: 'llm', input, model: identity } };
  };
  return {
    specificationVersion: 'v3',

    async wrapGenerate({ doGenerate, params, model }) {
      const call = callOf(params, model);
      if (call === undefined) return await doGenerate();
      return await call.execution.step(call.name, call.note, async (step) => {
        const result = await doGenerate();
        quietly(() => {
          const { content, usage, finishReason } = asRecord(result);
          noteAnswer(step, call, { output: content, usage, finishReason });
        });
        return result;
      });
    },

    async wrapStream({ doStream, params, model }) {
      const call = callOf(params, model);
      if (call === undefined) return await doStream();
      return await new Promise((resolve, reject) => {
        let hasRun = false;
        const recorded = call.execution.step(call.name, call.note, async (step) => {
          hasRun = true;
          const result = await doStream();
          const answer = new StreamedAnswer();
          const watched = quietly(() => observed(result.stream, (part) => answer.add(part)));
          if (watched === undefined) {
            resolve(result);
            return undefined;
          }
          resolve({ ...result, stream: watched.stream });
          await watched.ended.finally(() => noteAnswer(step, call, answer.told()));
          // Providers report most failures in a part of the stream, and then end the stream
          // normally.
          if (answer.failure !== undefined) throw answer.failure.error;
          return answer.told();
        });
        const given = recorded.then((answer) => (hasRun ? undefined : streamOf(answer)));
        // Once the stream has begun, its reader sees the error, because this promise is settled.
        given.then(
          // In a replay the function does not run, and the record answers.
          (stream) => stream && resolve({ stream } as StreamedResult<typeof doStream>),
          reject,
        );
      });
    },
  };
}

/** One recorded call of a model. */
interface Call {
  readonly execution: Execution;
  readonly name: string;
  readonly note: StepNote & { readonly model: NonNullable<StepNote['model']> };
}

interface Answer {
  readonly output: unknown;
  readonly usage: unknown;
  readonly finishReason: unknown;
}

function noteAnswer(step: Step, call: Call, answer: Answer): void {
  const usage = isObject(answer.usage) ? asRecord(answer.usage) : {};
  step.note({
    output: { content: answer.output, finishReason: answer.finishReason },
    model: {
      ...call.note.model,
      inputTokens: quietly(() => tokens(usage['inputTokens'])),
      outputTokens: quietly(() => tokens(usage['outputTokens'])),
    },
  });
}

const SETTINGS = ['temperature', 'topP', 'topK', 'maxOutputTokens', 'seed', 'stopSequences'];

function modelOf(params: unknown, model: unknown): NonNullable<StepNote['model']> {
  const read = (from: unknown, key: string): unknown =>
    quietly(() => (isObject(from) ? asRecord(from)[key] : undefined));
  const settings = SETTINGS.map((name) => [name, read(params, name)] as const);
  const given = settings.filter(([, value]) => value !== undefined);
  const [provider, modelId] = [read(model, 'provider'), read(model, 'modelId')];
  return {
    provider: typeof provider === 'string' ? provider : undefined,
    name: typeof modelId === 'string' ? modelId : 'unnamed',
    params: given.length > 0 ? Object.fromEntries(given) : undefined,
  };
}

/** Version 5 gives a plain number, version 6 an object with a `total`. */
function tokens(count: unknown): number | undefined {
  if (typeof count === 'number') return count;
  if (!isObject(count)) return undefined;
  const { total } = asRecord(count);
  return typeof total === 'number' ? total : undefined;
}

/** Assembles the complete answer from the parts of a stream. */
class StreamedAnswer {
  readonly #others: unknown[] = [];
  #text = '';
  #usage: unknown;
  #finishReason: unknown;
  #reasoning = '';
  #failure: { readonly error: unknown } | undefined;

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  add(part: unknown): void {
    if (!isObject(part)) return;
    const { type, delta, usage, finishReason, error } = asRecord(part);
    if (type === 'text-delta' && typeof delta === 'string') this.#text += delta;
    else if (type === 'reasoning-delta' && typeof delta === 'string') this.#reasoning += delta;
    else if (type === 'tool-call') this.#others.push(part);
    else if (type === 'error') this.#failure ??= { error };
    else if (type === 'finish') {
      this.#usage = usage;
      this.#finishReason = finishReason;
    }
  }

  told(): Answer {
    const texts = [
      { type: 'reasoning', text: this.#reasoning },
      { type: 'text', text: this.#text },
    ];
    const output = [...texts.filter(({ text }) => text !== ''), ...this.#others];
    return { output, usage: this.#usage, finishReason: this.#finishReason };
  }
}

type StreamedResult<F extends () => PromiseLike<unknown>> = Awaited<ReturnType<F>>;

/** A recorded answer as a stream, each text in one chunk. */
function streamOf(answer: Answer | undefined): ReadableStream<unknown> {
  const content = Array.isArray(answer?.output) ? (answer.output as unknown[]) : [];
  const parts = content.flatMap((part, index) => {
    const { type, text } = isObject(part) ? asRecord(part) : {};
    const id = String(index);
    const name = type === 'text' || type === 'reasoning' ? type : undefined;
    if (name === undefined) return [part];
    return [
      { type: `${name}-start`, id },
      { type: `${name}-delta`, id, delta: text },
      { type: `${name}-end`, id },
    ];
  });
  return new ReadableStream({
    start(controller) {
      controller.enqueue({ type: 'stream-start', warnings: [] });
      for (const part of parts) controller.enqueue(part);
      const { usage, finishReason } = answer ?? {};
      controller.enqueue({ type: 'finish', usage, finishReason });
      controller.close();
    },
  });
}

/**
 * Returns the same stream, observed. `ended` settles when it ends, fails, or its reader cancels it.
 */
function observed(
  source: ReadableStream<unknown>,
  see: (part: unknown) => void,
): { stream: ReadableStream<unknown>; ended: Promise<void> } {
  const reader = source.getReader();
  let stream: ReadableStream<unknown> | undefined;
  const ended = new Promise<void>((resolve, reject) => {
    stream = new ReadableStream({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            controller.close();
            resolve();
          } else {
            // The observer must not fail the stream. The reader decides about a bad part.
            quietly(() => see(value));
            controller.enqueue(value);
          }
        } catch (error) {
          controller.error(error);
          reject(error);
        }
      },
      async cancel(reason) {
        resolve();
        await reader.cancel(reason);
      },
    });
  });
  return { stream: stream ?? source, ended };
}
