import type { Json, Snapshot, Step } from '@xray/core';
import { snapshotsOf, type Span } from '../src/index.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/** A span by hand. `at` is its start in ms after the trace's. */
export function span(
  name: string,
  attributes: Record<string, Json>,
  { id = 1, parent = 0, at = 0, tookMs = 10, ...rest }: SpanOptions = {},
): Span {
  const startUs = 1_796_000_000_000_000 + at * 1000;
  return {
    traceId: TRACE,
    spanId: hexOf(id),
    parentSpanId: parent === 0 ? '' : hexOf(parent),
    hasRemoteParent: false,
    name,
    kind: 1,
    startUs,
    endUs: startUs + tookMs * 1000,
    attributes,
    events: [],
    statusCode: 0,
    statusMessage: '',
    changes: [],
    resource: { 'service.name': 'service' },
    scope: 'test',
    scopeVersion: '1',
    ...rest,
  };
}

interface SpanOptions extends Partial<Span> {
  id?: number;
  parent?: number;
  at?: number;
  tookMs?: number;
}

function hexOf(id: number): string {
  return id.toString(16).padStart(16, '0');
}

export function snapshotOf(...spans: Span[]): Snapshot {
  const [snapshot] = snapshotsOf(
    { traceId: TRACE, spans, logs: [] },
    { appId: 'app', isTerminal: true, revision: 1 },
  );
  if (snapshot === undefined) throw new Error('there is no execution');
  return snapshot;
}

export function stepOf(name: string, attributes: Record<string, Json>): Step {
  const [step] = snapshotOf(span(name, attributes)).steps;
  if (step === undefined) throw new Error('there is no step');
  return step;
}
