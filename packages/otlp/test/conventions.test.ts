import { describe, expect, test } from 'vitest';
import {
  COSTS,
  ENVIRONMENTS,
  INPUT_TOKENS,
  INPUTS,
  KIND_ROWS,
  MODEL_NAMES,
  OUTPUT_TOKENS,
  OUTPUTS,
  PARAMETERS,
  PIPELINES,
  PROVIDERS,
  SESSIONS,
  TAGS,
  TOOL_NAMES,
  USERS,
  type Source,
} from '../src/conventions.js';
import { snapshotOf, span, stepOf } from './spans.js';

const LLM = { 'openinference.span.kind': 'LLM', 'llm.model_name': 'some-model' };
const named = (sources: Source[]) =>
  sources.map((source) => ({ ...source, row: `${source.convention}: ${source.attribute}` }));

const kinds = KIND_ROWS.flatMap(({ attribute, values, others, form }) => [
  ...Object.entries(values).map(([value, kind]) => ({ attribute, value, kind, form })),
  ...(others === undefined ? [] : [{ attribute, value: 'something else', kind: others, form }]),
]);
test.each(kinds)(
  '$attribute $value is a step of kind $kind',
  ({ attribute, value, kind, form }) => {
    const sent = form === 'quoted' ? JSON.stringify(value) : value;
    expect(stepOf('work', { [attribute]: sent }).kind).toBe(kind);
  },
);

describe.each([
  ['input', INPUTS],
  ['output', OUTPUTS],
] as const)('a step has its %s from', (field, sources) => {
  test.each(named(sources))('$row', ({ attribute, form }) => {
    const message = { role: 'user', content: 'text' };
    const sent =
      form === 'messages'
        ? { [`${attribute}.0.message.role`]: 'user', [`${attribute}.0.message.content`]: 'text' }
        : form === 'entries'
          ? { [`${attribute}.0.role`]: 'user', [`${attribute}.0.content`]: 'text' }
          : { [attribute]: JSON.stringify([message]) };
    expect(stepOf('work', sent)[field]).toEqual([message]);
  });
});

describe.each([
  ['name', MODEL_NAMES, 'm-1', 'm-1'],
  ['provider', PROVIDERS, 'acme', 'acme'],
  ['params', PARAMETERS, '{"temperature":0.2}', { temperature: 0.2 }],
  ['inputTokens', INPUT_TOKENS, 12, 12],
  ['outputTokens', OUTPUT_TOKENS, 7, 7],
  ['costUsd', COSTS, 0.01, 0.01],
] as const)('a model has its %s from', (field, sources, sent, read) => {
  test.each(named(sources))('$row', ({ attribute }) => {
    const kind = { 'openinference.span.kind': 'LLM' };
    const model = field === 'name' ? kind : LLM;
    expect(stepOf('call', { ...model, [attribute]: sent }).model?.[field]).toEqual(read);
  });
});

test.each(named(TOOL_NAMES))('an action has its name from $row', ({ attribute }) => {
  const step = stepOf('ai.toolCall', { 'openinference.span.kind': 'TOOL', [attribute]: 'lookup' });
  expect(step).toMatchObject({ name: 'lookup', spanName: 'ai.toolCall' });
});

test.each(named(PIPELINES))('a pipeline has its name from $row', ({ attribute }) => {
  expect(snapshotOf(span('root', { [attribute]: 'loan approval' }))).toMatchObject({
    pipeline: 'loan approval',
    readFrom: { pipeline: attribute },
  });
});

test.each(ENVIRONMENTS)('an environment is read from %s', (attribute) => {
  const resource = { 'service.name': 's', [attribute]: 'staging' };
  expect(snapshotOf(span('root', {}, { resource }))).toMatchObject({
    environment: 'staging',
    readFrom: { environment: attribute },
  });
});

test.each(named(USERS))('a person is read as the subject from $row', ({ attribute }) => {
  const { subjects } = snapshotOf(span('root', { [attribute]: 'u-5' }));
  expect(subjects).toEqual([{ type: 'user', id: 'u-5', person: true }]);
});

test.each(named(SESSIONS))('a session is metadata by $row', ({ attribute }) => {
  expect(snapshotOf(span('root', { [attribute]: 's-9' })).metadata).toMatchObject({
    session: 's-9',
  });
});

test.each(named(TAGS))('tags are read from $row, as a list or with commas', ({ attribute }) => {
  expect(snapshotOf(span('root', { [attribute]: ['loan', 'eu'] })).tags).toEqual(['loan', 'eu']);
  expect(snapshotOf(span('root', { [attribute]: 'loan,eu' })).tags).toEqual(['loan', 'eu']);
});
