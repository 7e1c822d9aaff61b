import type { XRaySDK } from '../client.js';
import type { Execution } from '../execution.js';
import { asRecord, isObject, quietly } from '../source.js';
import type { Step } from '../step.js';
import { type PlaceOptions, recordIn } from './place.js';
import { wrapMethod } from './wrap-method.js';
import { type Evaluators, recordNodes, type TracedNode } from './zen-nodes.js';

export type { PlaceOptions } from './place.js';

/**
 * The part of `@gorules/zen-engine` that the adapter uses.
 *
 * @example
 * ```ts
 * import * as zen from '@gorules/zen-engine';
 * import type { ZenModule } from '@xray/sdk/zen';
 *
 * const engineModule: ZenModule = zen;
 * ```
 */
export interface ZenModule {
  readonly ZenEngine: new (...args: never[]) => object;
  readonly evaluateExpressionSync: (expression: string, context?: never) => unknown;
  readonly evaluateUnaryExpressionSync: (expression: string, context: never) => unknown;
}

/**
 * The options of the recorded module.
 *
 * @example
 * ```ts
 * import type { ZenOptions } from '@xray/sdk/zen';
 *
 * const options: ZenOptions = {
 *   decide: (execution, result) => execution.decide(JSON.stringify(result)),
 * };
 * ```
 */
export interface ZenOptions extends PlaceOptions {
  /** The step's name. Default: the decision's key, or `decision`. */
  name?: string | undefined;
  versions?: Record<string, string> | undefined;
  /** Decides after each evaluation, by the member `result` of the engine's answer. */
  decide?: ((execution: Execution, result: unknown) => void) | undefined;
}

/**
 * Returns the module with a `ZenEngine` that records each evaluation: a step for each node, the row
 * of a decision table that matched, and for each row above it the first cell that failed. The
 * answers stay as they are.
 *
 * @example
 * ```ts
 * import * as zen from '@gorules/zen-engine';
 * import { xrayZen } from '@xray/sdk/zen';
 *
 * const { ZenEngine } = xrayZen(xray, zen);
 * const decision = new ZenEngine().createDecision({ nodes: [], edges: [] });
 * ```
 */
export function xrayZen<Zen extends ZenModule>(
  xray: XRaySDK,
  zen: Zen,
  options: ZenOptions = {},
): Zen {
  const evaluators = zen as unknown as Evaluators;
  const Base = zen.ZenEngine as new (...args: unknown[]) => object;
  class RecordedEngine extends Base {
    constructor(given?: unknown, ...rest: unknown[]) {
      const contents = new Map<string, unknown>();
      super(withLoader(given, contents), ...rest);
      const recorder: Recorder = { xray, options, evaluators, contents };
      for (const name of ['evaluate', 'safeEvaluate']) {
        wrapMethod(
          this,
          name,
          (evaluate) =>
            async (key, context, ...others) =>
              await record(
                recorder,
                { key, context, content: () => contents.get(String(key)) },
                others,
                (asked) => evaluate.call(this, key, context, ...asked),
              ),
        );
      }
      wrapMethod(
        this,
        'createDecision',
        (create) => (content) =>
          withRecord(create.call(this, content), recorder, undefined, () => content),
      );
      for (const name of ['getDecision', 'safeGetDecision']) {
        wrapMethod(this, name, (get) => async (key) => {
          const found = await get.call(this, key);
          const data = isObject(found) ? quietly(() => asRecord(found)['data']) : undefined;
          withRecord(data ?? found, recorder, key, () => contents.get(String(key)));
          return found;
        });
      }
    }
  }
  return { ...zen, ZenEngine: RecordedEngine };
}

interface Recorder {
  readonly xray: XRaySDK;
  readonly options: ZenOptions;
  readonly evaluators: Evaluators;
  /** The content of each decision that the host's loader returned last, by key. */
  readonly contents: Map<string, unknown>;
}

interface Evaluation {
  readonly key: unknown;
  readonly context: unknown;
  readonly content: () => unknown;
}

/** Keeps what the host's loader returns. The trace names rows, but not the rows that failed. */
function withLoader(given: unknown, contents: Map<string, unknown>): unknown {
  if (!isObject(given)) return given;
  const loader = quietly(() => asRecord(given)['loader']);
  if (typeof loader !== 'function') return given;
  return {
    ...given,
    loader: async (key: unknown, ...rest: unknown[]) => {
      const content: unknown = await loader.call(given, key, ...rest);
      contents.set(String(key), content);
      return content;
    },
  };
}

function withRecord(
  decision: unknown,
  recorder: Recorder,
  key: unknown,
  content: () => unknown,
): unknown {
  if (!isObject(decision)) return decision;
  for (const name of ['evaluate', 'safeEvaluate']) {
    wrapMethod(
      decision,
      name,
      (evaluate) =>
        async (context, ...others) =>
          await record(recorder, { key, context, content }, others, (asked) =>
            evaluate.call(decision, context, ...asked),
          ),
    );
  }
  return decision;
}

async function record(
  recorder: Recorder,
  evaluation: Evaluation,
  given: readonly unknown[],
  evaluate: (given: readonly unknown[]) => unknown,
): Promise<unknown> {
  const { xray, options } = recorder;
  const { key, context } = evaluation;
  const name = quietly(() => options.name) ?? (typeof key === 'string' ? key : 'decision');
  const work = async (execution: Execution, isOwn: boolean): Promise<unknown> => {
    // `safeEvaluate` returns its error. The step fails, and the host still gets the answer.
    let refused: { readonly answer: unknown } | undefined;
    const recorded = execution.step(name, { kind: 'rules', input: context }, async (step) => {
      const [asked = {}, ...rest] = given;
      const isTraced = isObject(asked) && Boolean(quietly(() => asRecord(asked)['trace']));
      const traced = isTraced || !isObject(asked) ? asked : { ...asked, trace: true };
      try {
        const answer = await evaluate([traced, ...rest]);
        const { success, error, data } = isObject(answer) ? asRecord(answer) : {};
        if (success === false) {
          refused = { answer };
          throw error;
        }
        const response = success === true ? data : answer;
        quietly(() => recordAnswer(recorder, execution, { step, isOwn }, evaluation, response));
        if (!isTraced && isObject(response)) quietly(() => delete asRecord(response)['trace']);
        return answer;
      } catch (error) {
        quietly(() => recordTrace(recorder, step, evaluation, traceOfError(error)));
        throw error;
      }
    });
    try {
      return await recorded;
    } catch (error) {
      if (refused === undefined) throw error;
      return refused.answer;
    }
  };
  return await recordIn(xray, options, work, () => evaluate(given) as Promise<unknown>);
}

function recordAnswer(
  recorder: Recorder,
  execution: Execution,
  { step, isOwn }: { readonly step: Step; readonly isOwn: boolean },
  evaluation: Evaluation,
  response: unknown,
): void {
  if (!isObject(response)) return;
  const { result, trace } = asRecord(response);
  const { options } = recorder;
  step.note({ output: result });
  if (isOwn) execution.set({ input: evaluation.context, output: result });
  quietly(() => execution.set({ versions: options.versions }));
  quietly(() => recordTrace(recorder, step, evaluation, trace));
  quietly(() => options.decide?.(execution, result));
}

function recordTrace(
  { evaluators, contents }: Recorder,
  step: Step,
  { content }: Evaluation,
  trace: unknown,
): void {
  const nodes: unknown = typeof trace === 'string' ? JSON.parse(trace) : trace;
  // The forms with references are compressed, and for a host that reads them by itself.
  if (!isObject(nodes) || '$root' in nodes) return;
  recordNodes(step, nodes as Record<string, TracedNode>, content(), {
    evaluators,
    contentOf: (key) => contents.get(key),
  });
}

/** The engine writes its error, with the trace so far, as JSON into the message. */
function traceOfError(error: unknown): unknown {
  const text = isObject(error) ? asRecord(error)['message'] : error;
  if (typeof text !== 'string') return undefined;
  const json = text.split('\n\nStack backtrace')[0] ?? '';
  return (JSON.parse(json) as { trace?: unknown }).trace;
}
