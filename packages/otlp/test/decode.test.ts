import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messages } from '../src/descriptor.js';
import { decodeLogs, decodeTraces, MalformedRequest } from '../src/index.js';
import { recordedRequests } from './bodies.js';

const ids = { traceId: 'AF7651916CD43DD8448EB211C80319C1', spanId: 'b7ad6b7169203331' };
const request = (span: object) => ({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
const json = (span: object) =>
  decodeTraces(Buffer.from(JSON.stringify(request({ ...ids, ...span }))), 'json');
const attribute = (key: string, value: object) => ({ key, value });

describe('JSON', () => {
  test('takes ids in either case, numbers as texts, enums by name, and null as absent', () => {
    const [span] = json({
      kind: 'SPAN_KIND_SERVER',
      parentSpanId: null,
      startTimeUnixNano: '1796050385401000500',
      endTimeUnixNano: 1796050386401000,
      status: { code: 'STATUS_CODE_ERROR' },
      attributes: [attribute('n', { intValue: '42' }), attribute('d', { doubleValue: 'NaN' })],
    }).spans;
    expect(span).toMatchObject({
      traceId: ids.traceId.toLowerCase(),
      parentSpanId: '',
      kind: 2,
      startUs: 1796050385401000.5,
      statusCode: 2,
      attributes: { n: 42, d: null },
      changes: [{ kind: 'coerced', key: 'd' }],
    });
  });

  test('rejects one bad span by count and names it; the others are taken', () => {
    const body = {
      resourceSpans: [{ scopeSpans: [{ spans: [ids, { ...ids, attributes: { a: 1 } }] }] }],
    };
    const { spans, rejected, rejection } = decodeTraces(Buffer.from(JSON.stringify(body)), 'json');
    expect([spans.length, rejected]).toEqual([1, 1]);
    expect(rejection).toContain('attributes are no list');
  });

  test('deep nesting, other JSON and no JSON are refused', () => {
    const deep = `{"resourceSpans":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    for (const text of [deep, '[]', '{', '']) {
      expect(() => decodeTraces(Buffer.from(text), 'json')).toThrow(MalformedRequest);
    }
  });
});

describe('values', () => {
  test('NUL, half pairs and numbers beyond 2^53 are kept as far as the store can', () => {
    const [span] = json({
      attributes: [
        attribute('nul', { stringValue: 'a\u0000b' }),
        attribute('half', { stringValue: 'a\uD800' }),
        attribute('big', { intValue: '9007199254740993' }),
        attribute('__proto__', { stringValue: 'own' }),
        attribute('twice', { intValue: 1 }),
        attribute('twice', { intValue: 2 }),
      ],
    }).spans;
    expect(Object.entries(span?.attributes ?? {})).toEqual([
      ['nul', 'a\uFFFDb'],
      ['half', 'a\uFFFD'],
      ['big', '9007199254740993'],
      ['__proto__', 'own'],
      ['twice', 2],
    ]);
    expect(span?.changes.map(({ key }) => key)).toEqual(['nul', 'half']);
  });

  test('long texts, vectors, attributes and events are cut, and the span says so', () => {
    const vector = {
      arrayValue: { values: Array.from({ length: 65 }, () => ({ doubleValue: 1 })) },
    };
    const [span] = json({
      attributes: [
        attribute('text', { stringValue: 'x'.repeat(70_000) }),
        attribute('vector', vector),
        ...Array.from({ length: 300 }, (_, index) => attribute(`k${index}`, { boolValue: true })),
      ],
      events: Array.from({ length: 130 }, () => ({ name: 'e' })),
    }).spans;
    expect(String(span?.attributes.text)).toHaveLength(65_536);
    expect(Object.keys(span?.attributes ?? {})).toHaveLength(256);
    expect(span?.events).toHaveLength(128);
    expect(span?.changes).toEqual([
      { kind: 'truncated', key: 'text', original: 70_000, kept: 65_536, unit: 'bytes' },
      { kind: 'dropped', key: 'vector', original: 65, kept: 0, unit: 'items' },
      { kind: 'dropped', key: '*', original: 302, kept: 256, unit: 'items' },
      { kind: 'dropped', key: 'events', original: 130, kept: 128, unit: 'items' },
    ]);
  });

  test('the entries of a long conversation count as one attribute', () => {
    const attributes = Array.from({ length: 400 }, (_, index) =>
      attribute(`llm.input_messages.${index}.message.content`, { stringValue: 'x' }),
    );
    expect(Object.keys(json({ attributes }).spans[0]?.attributes ?? {})).toHaveLength(400);
  });
});

test('logs that were sent to the path of traces are refused, and the message says where they belong', () => {
  const log = { timeUnixNano: 1, body: { stringValue: 'x' } };
  const logs = messages.logs.fromObject({ resourceLogs: [{ scopeLogs: [{ logRecords: [log] }] }] });
  const body = messages.logs.encode(logs).finish();
  expect(decodeLogs(body, 'protobuf').ignored).toBe(1);
  expect(() => decodeTraces(body, 'protobuf')).toThrow('/v1/logs');
});

test('any bytes are read or refused, and nothing else happens', () => {
  const real = [...recordedRequests().values()].flat().filter(({ path }) => path === '/v1/traces');
  const seeds = real.map(({ body }) => body).filter(({ length }) => length < 5000);
  const runs = process.env.XRAY_TEST_FULL === '1' ? 200_000 : 300;
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }))
    .map(([seed, edits]) => {
      const bytes = Uint8Array.from(seed);
      for (const [place, byte] of edits) bytes[place % bytes.length] = byte;
      return bytes;
    });
  const bytes = fc.oneof(mutated, fc.uint8Array({ maxLength: 200 }));
  const check = () =>
    fc.assert(
      fc.property(
        bytes,
        fc.constantFrom('protobuf' as const, 'json' as const),
        (body, encoding) => {
          try {
            const { spans } = decodeTraces(body, encoding);
            return spans.every(({ traceId }) => /^[0-9a-f]{32}$/.test(traceId));
          } catch (error) {
            return error instanceof MalformedRequest;
          }
        },
      ),
      { numRuns: runs },
    );
  expect(check).not.toThrow();
});

test('a message that nests 5,000 messages is refused', () => {
  let value = Uint8Array.of(0x10, 0x01);
  const within = (field: number, inner: Uint8Array) => {
    const length: number[] = [];
    let rest = inner.length;
    while (rest > 127) {
      length.push((rest & 127) | 128);
      rest >>>= 7;
    }
    return Uint8Array.of((field << 3) | 2, ...length, rest, ...inner);
  };
  for (let depth = 0; depth < 2_500; depth++) value = within(5, within(1, value));
  const body = within(1, within(2, within(2, within(9, within(2, value)))));
  expect(() => decodeTraces(body, 'protobuf')).toThrow(MalformedRequest);
});
