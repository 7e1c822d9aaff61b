import type { Snapshot } from '@xray/core';

/** The places in the spans that gave an execution its outcome, pipeline and environment, and what is missing. */
export function ReadFrom({ snapshot }: { snapshot: Snapshot }) {
  const { readFrom, decision, metadata, status } = snapshot;
  const places = [
    { name: 'outcome', place: decision?.readFrom },
    { name: 'pipeline', place: readFrom?.pipeline },
    { name: 'environment', place: readFrom?.environment },
  ].filter(({ place }) => typeof place === 'string');
  const isSpans = readFrom !== undefined && readFrom !== null;
  const missing = !isSpans
    ? null
    : status === 'running'
      ? 'The root span has not arrived yet, so steps may still come.'
      : metadata?.rootMissing === true
        ? 'The trace is incomplete: its root span never arrived.'
        : null;
  if (places.length === 0 && missing === null) return null;
  return (
    <div className="text-sm text-ink-muted">
      {missing === null ? null : <p className="text-ink">{missing}</p>}
      {places.length === 0 ? null : (
        <details>
          <summary className="cursor-pointer hover:text-ink max-md:py-2">
            Read from OpenTelemetry
            {decision ? null : ', no outcome found'}
          </summary>
          <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-4">
            {places.map(({ name, place }) => (
              <div key={name} className="contents">
                <dt>{name}</dt>
                <dd className="text-mono min-w-0 wrap-anywhere text-ink">{place}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </div>
  );
}
