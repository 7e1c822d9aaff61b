import type { XRaySDK } from '../client.js';
import type { Execution } from '../execution.js';
import { quietly } from '../source.js';
import type { Step } from '../step.js';
import { type DmnAnswer, type EvaluatedTable, readDmnAnswer } from './dmn-answer.js';
import { type PlaceOptions, recordIn } from './place.js';

export type { PlaceOptions } from './place.js';

/**
 * The options of a recorded evaluation.
 *
 * @example
 * ```ts
 * import type { DmnOptions } from '@xray/sdk/dmn';
 *
 * const options: DmnOptions = { name: 'invoice', input: { amount: 600 } };
 * ```
 */
export interface DmnOptions<Answer = unknown> extends PlaceOptions {
  /** The step's name. Default: the decision's name in the answer, or `dmn`. */
  name?: string | undefined;
  /** The variables of the evaluation. */
  input?: unknown;
  /** Decides after the evaluation. */
  decide?: ((execution: Execution, answer: Answer) => void) | undefined;
}

/**
 * Records one evaluation by a DMN engine: a step for each decision table, its inputs, the rules
 * that matched, and its outputs. It reads the answers of Camunda 8 (REST and gRPC), of Camunda 7
 * and its history, and lists or objects of outputs. Returns what the function returns.
 *
 * @example
 * ```ts
 * import { xrayDmn } from '@xray/sdk/dmn';
 *
 * const query = { decisionDefinitionId: 'invoice', variables: { amount: 600 } };
 * await xrayDmn(xray, { input: query.variables }, async () => {
 *   const url = 'http://127.0.0.1:8080/v2/decision-definitions/evaluation';
 *   const headers = { 'content-type': 'application/json' };
 *   const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(query) });
 *   return (await answer.json()) as object;
 * });
 * ```
 */
export async function xrayDmn<Answer>(
  xray: XRaySDK,
  options: DmnOptions<Answer>,
  evaluate: () => Promise<Answer>,
): Promise<Answer> {
  const name = quietly(() => options.name) ?? 'dmn';
  const input = quietly(() => options.input);
  return await recordIn(
    xray,
    options,
    (execution, isOwn) =>
      execution.step(name, { kind: 'rules', input }, async (step) => {
        const answer = await evaluate();
        quietly(() => record(execution, step, readDmnAnswer(answer)));
        if (isOwn) quietly(() => execution.set({ input, output: answer }));
        quietly(() => options.decide?.(execution, answer));
        return answer;
      }),
    evaluate,
  );
}

function record(execution: Execution, step: Step, answer: DmnAnswer): void {
  step.note({ output: answer.output });
  if (answer.version !== undefined) execution.set({ versions: { dmn: answer.version } });
  for (const table of answer.tables) recordTable(step, table);
  if (answer.failure === undefined) return;
  step.note({ output: { output: answer.output, failure: answer.failure } });
  step.check(answer.failure.decision, false, { effect: 'none', text: answer.failure.message });
}

function recordTable(step: Step, table: EvaluatedTable): void {
  const { name, inputs, output, rules } = table;
  step.step(name, { kind: 'rules', input: inputs, output }, (inner) => {
    // Engines report the rules that matched, and not those that did not.
    for (const { id } of rules) inner.check(`${name}/${id}`, true, { effect: 'none' });
  });
}
