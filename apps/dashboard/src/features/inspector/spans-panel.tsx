import { SpanList } from '@/components/spans/span-list';
import { spanFacts, type SpanRow } from '@/components/spans/spans';

/** The spans of OpenTelemetry that ran while a step of the SDK's record ran. */
export function SpansPanel({ spans }: { spans: readonly SpanRow[] }) {
  if (spans.length === 0) return null;
  const facts = spanFacts(spans);
  return (
    <div className="flex flex-col gap-2">
      {facts.length === 0 ? null : <p className="text-sm wrap-anywhere">{facts.join(' · ')}</p>}
      <p className="text-xs text-ink-muted">
        The program sent these spans beside its record. They belong to this step by their times.
      </p>
      <SpanList label="Spans of this step" rows={spans} />
    </div>
  );
}
