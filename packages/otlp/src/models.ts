import type { Json, KnownKind, Step } from '@xray/core';
import {
  COSTS,
  INPUT_TOKENS,
  MODEL_NAMES,
  OUTPUT_TOKENS,
  PARAMETERS,
  PROVIDERS,
} from './conventions.js';
import { cut } from './names.js';
import { numberOf, type SpanView } from './span-view.js';
import { isObject, jsonOf } from './values.js';

const WITH_MODEL: KnownKind[] = ['llm', 'model', 'rank', 'decide'];
const MAX_NAME = 128;

/** The model of a step with its tokens and cost. Tokens of a group are its calls' sums, so they are not read. */
export function modelOf(view: SpanView, kind: KnownKind): Step['model'] | undefined {
  if (!WITH_MODEL.includes(kind)) return undefined;
  const name = view.firstText(MODEL_NAMES);
  if (name === undefined) return undefined;
  const provider = view.firstText(PROVIDERS);
  const params = parametersOf(view);
  const usage = langfuseDetails(view, 'langfuse.observation.usage_details');
  const costs = langfuseDetails(view, 'langfuse.observation.cost_details');
  const inputTokens = view.firstNumber(INPUT_TOKENS) ?? usage('input');
  const outputTokens = view.firstNumber(OUTPUT_TOKENS) ?? usage('output');
  const costUsd = view.firstNumber(COSTS) ?? costs('total');
  const prompt = view.text('langfuse.observation.prompt.name');
  const version = view.raw('langfuse.observation.prompt.version');
  return {
    name: cut(name, MAX_NAME),
    ...(provider !== undefined && { provider: cut(provider, MAX_NAME) }),
    ...(prompt !== undefined && {
      promptVersion: cut(version === undefined ? prompt : `${prompt}@${version}`, MAX_NAME),
    }),
    ...(params !== undefined && { params }),
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(costUsd !== undefined && { costUsd }),
  };
}

/** The names of models that a span's name may hold. */
export function modelNamesIn(view: SpanView): (string | undefined)[] {
  return [view.text('gen_ai.response.model'), view.text('gen_ai.request.model')];
}

function parametersOf(view: SpanView): Json | undefined {
  const whole = view.first(PARAMETERS);
  if (whole !== undefined) return jsonOf(whole.value);
  const params: [string, Json][] = [];
  for (const name of view.names()) {
    if (!name.startsWith('gen_ai.request.') || name === 'gen_ai.request.model') continue;
    const value = view.raw(name);
    if (value !== undefined && value !== null) params.push([name.slice(15), value]);
  }
  return params.length > 0 ? Object.fromEntries(params) : undefined;
}

function langfuseDetails(view: SpanView, attribute: string): (key: string) => number | undefined {
  const details = jsonOf(view.raw(attribute) ?? null);
  return (key) => (isObject(details) ? numberOf(details[key]) : undefined);
}
