import { parseJson, type OtlpPreview, type OtlpSettings, type Snapshot } from '@xray/core';
import { conventionsOf, dropContent, redact, reread, snapshotsOf, type Trace } from '@xray/otlp';
import { joined, readingOptions, traceOf, type StoredSlice } from './otlp-slices.js';

export interface PreviewInput {
  app: string;
  traceId: string;
  /** All that is kept of the trace: its slices, or the text of its execution. */
  kept: { slices: StoredSlice[]; isTerminal: boolean } | { record: string };
  before: OtlpSettings;
  after: OtlpSettings;
}

type Item = OtlpPreview['items'][number];

/** How settings would read a trace that is stored already. */
export function previewTrace({ app, traceId, kept, before, after }: PreviewInput): Item {
  if ('record' in kept) {
    const snapshot = parseJson(kept.record) as unknown as Snapshot;
    return {
      traceId,
      from: 'record',
      before: [readOf(snapshot)],
      after: [readOf({ ...snapshot, ...reread(snapshot, after) })],
      redacted: [],
    };
  }
  const read = (): Trace =>
    joined(
      traceId,
      kept.slices.map(({ body }) => ({ trace: traceOf(traceId, body) })),
    );
  const executions = (trace: Trace, settings: OtlpSettings): Item['before'] => {
    if (settings.take === 'recognised' && conventionsOf(trace).length === 0) return null;
    const { isTerminal } = kept;
    const options = { appId: app, isTerminal, revision: 0, ...readingOptions(settings) };
    return snapshotsOf(trace, options).map(readOf);
  };
  const cleaned = read();
  const items = [...cleaned.spans, ...cleaned.logs];
  for (const item of items) item.changes = [];
  const telemetry = { ...cleaned, rejected: 0, rejection: '', ignored: 0 };
  redact(telemetry, after.redact);
  if (!after.content) dropContent(telemetry);
  const redacted = items.flatMap(({ changes }) => changes.map(({ key }) => key));
  return {
    traceId,
    from: 'spans',
    before: executions(read(), before),
    after: executions(cleaned, after),
    redacted: [...new Set(redacted)].sort(),
  };
}

function readOf({ executionId, pipeline, environment, decision, readFrom }: Snapshot) {
  return {
    executionId,
    pipeline,
    environment: environment ?? null,
    outcome: decision?.outcome ?? null,
    adverse: decision?.adverse ?? null,
    readFrom: {
      outcome: decision?.readFrom ?? null,
      pipeline: readFrom?.pipeline ?? null,
      environment: readFrom?.environment ?? null,
    },
  };
}
