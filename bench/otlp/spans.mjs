import { randomFillSync } from 'node:crypto';
import { encodeRequests } from '../../packages/otlp/dist/index.js';

const TRACES = 5;
const SPANS = 8;
export const SPANS_PER_REQUEST = TRACES * SPANS;

/** Returns a function that makes the next request: the same spans with new ids. Phoenix stores a span id once. */
export function requestMaker() {
  const traces = Array.from({ length: TRACES }, (_, index) => `${'c0ffee'.repeat(5)}0${index}`);
  const spans = traces.flatMap((_, trace) =>
    Array.from({ length: SPANS }, (__, index) => spanIdOf(trace, index)),
  );
  const bytes = Buffer.from(encodeRequests([{ resourceSpans: [resourceSpans(traces)] }]));
  const places = [...traces, ...spans].map((id) => ({
    size: id.length / 2,
    at: placesOf(bytes, Buffer.from(id, 'hex')),
  }));
  return () => {
    const body = Buffer.from(bytes);
    for (const { size, at } of places) {
      const id = randomFillSync(Buffer.alloc(size));
      for (const place of at) id.copy(body, place);
    }
    return body;
  };
}

/** A placeholder that occurs nowhere else. */
function spanIdOf(trace, index) {
  return `5ca1ab1e${(trace * SPANS + index).toString(16).padStart(8, '0')}`;
}

function placesOf(bytes, id) {
  const places = [];
  for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id, at + 1)) places.push(at);
  return places;
}

function resourceSpans(ids) {
  return {
    resource: { attributes: [text('service.name', 'loans')] },
    scopeSpans: [
      {
        scope: { name: 'bench' },
        spans: ids.flatMap((id, trace) =>
          Array.from({ length: SPANS }, (_, index) => spanOf(id, trace, index)),
        ),
      },
    ],
  };
}

/** A call of a model with its messages, or the agent around the calls. */
function spanOf(traceId, trace, index) {
  const start = BigInt(Date.now()) * 1_000_000n + BigInt(index) * 1_000_000n;
  const messages = Array.from({ length: 10 }, (_, place) => [
    text(`llm.input_messages.${place}.message.role`, place % 2 === 0 ? 'user' : 'assistant'),
    text(
      `llm.input_messages.${place}.message.content`,
      `message ${place}: ${'words of a loan '.repeat(10)}`,
    ),
  ]).flat();
  return {
    traceId,
    spanId: spanIdOf(trace, index),
    ...(index > 0 && { parentSpanId: spanIdOf(trace, 0) }),
    name: index === 0 ? 'assess' : 'chat',
    kind: 1,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 900_000n),
    attributes:
      index === 0
        ? [
            text('openinference.span.kind', 'AGENT'),
            text('output.value', '{"decision":"declined"}'),
          ]
        : [
            text('openinference.span.kind', 'LLM'),
            text('llm.model_name', 'gpt-4o-mini'),
            { key: 'llm.token_count.prompt', value: { intValue: '404' } },
            { key: 'llm.token_count.completion', value: { intValue: '37' } },
            ...messages,
          ],
    status: { code: 1 },
  };
}

function text(key, stringValue) {
  return { key, value: { stringValue } };
}
