import type { Json, Snapshot } from '@xray/core';
import { ruledDecision, type OutcomeRule } from './decision.js';
import { attributeText } from './identity.js';
import { cut, steadyName } from './names.js';
import { isObject } from './values.js';

/** Where an app's traces name their pipeline, environment and outcome. */
export interface ReadingRules {
  outcomes: OutcomeRule[];
  pipeline: string[];
  environment: string[];
}

const RULED = 'rule of the app';

/** The pipeline, environment and decision that an execution made of spans would have by other rules. */
export function reread(
  snapshot: Snapshot,
  rules: ReadingRules,
): Pick<Snapshot, 'pipeline' | 'environment' | 'decision' | 'readFrom'> {
  const { decision, steps, output, readFrom } = snapshot;
  const pipeline = read(snapshot, rules.pipeline);
  const environment = read(snapshot, rules.environment);
  const isGiven = decision?.readFrom === 'xray.outcome';
  const keepsName = readFrom?.pipeline === 'xray.pipeline' || pipeline === undefined;
  const name = keepsName ? snapshot.pipeline : steadyName(pipeline.value);
  const ruled = isGiven
    ? undefined
    : ruledDecision({ rules: rules.outcomes, pipeline: name, steps, output: output as Json });
  // Without its rule, the place of the outcome is not known any more.
  const kept = decision?.readFrom?.startsWith(RULED) === true ? undefined : decision;
  const chosen = ruled ?? kept;
  const place = environment === undefined ? snapshot.environment : cut(environment.value, 64);
  return {
    pipeline: name,
    ...(place !== undefined && { environment: place }),
    ...(chosen && { decision: chosen }),
    readFrom: {
      ...readFrom,
      ...(!keepsName && { pipeline: pipeline.from }),
      ...(environment !== undefined && { environment: environment.from }),
    },
  };
}

function read({ steps }: Snapshot, names: string[]) {
  for (const from of names) {
    for (const { attributes } of steps) {
      if (!isObject(attributes)) continue;
      const value = attributeText(attributes[from] as Json | undefined);
      if (value !== undefined) return { value, from };
    }
  }
  return undefined;
}
