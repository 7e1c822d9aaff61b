import type { XRaySDK } from './client.js';
import type { Execution } from './execution.js';
import type { Step } from './step.js';
import type { StepNote } from './step-text.js';
import { asRecord } from './value-writer.js';

/**
 * Which execution the model's calls are steps of, and how they are named.
 *
 * @example
 * ```ts
 * import type { AiOptions } from '@xray/sdk/ai';
 *
 * const options: AiOptions = { execution, name: 'policy' };
 * ```
 */
export interface AiOptions {
  /** Default: `xray.current()` at the time of the call; without one nothing is recorded. */
  execution?: Execution | undefined;
  /** The step's name; default: the model's id. */
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
 * Records each call of a language model as a step of kind `llm`: the prompt, the answer, the model, its
 * settings and its tokens. A streamed answer passes through as it comes; its step ends with the stream.
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
  const chosen = (): Execution | undefined => options.execution ?? xray.current();
  return {
    specificationVersion: 'v3',

    async wrapGenerate({ doGenerate, params, model }) {
      const execution = chosen();
      if (execution === undefined) return await doGenerate();
      return await execution.step(
        options.name ?? model.modelId,
        asked(params, model),
        async (step) => {
          const result = await doGenerate();
          const { content, usage, finishReason } = asRecord(result);
          noteAnswer(step, params, model, { output: content, usage, finishReason });
          return result;
        },
      );
    },

    async wrapStream({ doStream, params, model }) {
      const execution = chosen();
      if (execution === undefined) return await doStream();
      return await new Promise((resolve, reject) => {
        const recorded = execution.step(
          options.name ?? model.modelId,
          asked(params, model),
          async (step) => {
            const result = await doStream();
            const answer = new StreamedAnswer();
            const { stream, ended } = observed(result.stream, (part) => answer.add(part));
            resolve({ ...result, stream });
            await ended.finally(() => noteAnswer(step, params, model, answer.told()));
            // Providers tell of most failures in a part of the stream, which then ends as if all were well.
            if (answer.failure !== undefined) throw answer.failure.error;
          },
        );
        // After the stream began its reader sees the error; the promise is settled by then.
        recorded.catch(reject);
      });
    },
  };
}

interface Answer {
  readonly output: unknown;
  readonly usage: unknown;
  readonly finishReason: unknown;
}

function asked(params: object, model: ModelIdentity): StepNote {
  return { kind: 'llm', input: asRecord(params)['prompt'], model: modelOf(params, model) };
}

function noteAnswer(step: Step, params: object, model: ModelIdentity, answer: Answer): void {
  const usage =
    typeof answer.usage === 'object' && answer.usage !== null ? asRecord(answer.usage) : {};
  step.note({
    output: { content: answer.output, finishReason: answer.finishReason },
    model: {
      ...modelOf(params, model),
      inputTokens: tokens(usage['inputTokens']),
      outputTokens: tokens(usage['outputTokens']),
    },
  });
}

const SETTINGS = ['temperature', 'topP', 'topK', 'maxOutputTokens', 'seed', 'stopSequences'];

function modelOf(
  params: object,
  { provider, modelId }: ModelIdentity,
): NonNullable<StepNote['model']> {
  const given = SETTINGS.filter((name) => asRecord(params)[name] !== undefined);
  const settings = Object.fromEntries(given.map((name) => [name, asRecord(params)[name]]));
  return { provider, name: modelId, params: given.length > 0 ? settings : undefined };
}

/** A plain number in version 5; an object with a `total` in version 6. */
function tokens(count: unknown): number | undefined {
  if (typeof count === 'number') return count;
  if (typeof count !== 'object' || count === null) return undefined;
  const { total } = asRecord(count);
  return typeof total === 'number' ? total : undefined;
}

/** Puts the parts of a stream together again. */
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
    if (typeof part !== 'object' || part === null) return;
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

/** The same stream, watched; `ended` settles when it ends, fails, or its reader has had enough. */
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
            see(value);
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
