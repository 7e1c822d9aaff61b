'use client';

import type { Snapshot } from '@xray/core';
import { useMemo } from 'react';
import { SpanList } from '@/components/spans/span-list';
import { spanFacts, spanRows } from '@/components/spans/spans';
import { plural } from '@/lib/format';

/** The spans of OpenTelemetry that a program sent beside the SDK's record of its decision. */
export function SpansBelow({ spans }: { spans: readonly Snapshot[] | undefined }) {
  const rows = useMemo(() => spanRows(spans ?? []), [spans]);
  const facts = useMemo(() => spanFacts(rows), [rows]);
  if (rows.length === 0) return null;
  return (
    <details className="text-sm">
      <summary className="cursor-pointer text-ink-muted wrap-anywhere hover:text-ink max-md:py-2">
        {[`${plural(rows.length, 'span')} of OpenTelemetry`, ...facts].join(' · ')}
      </summary>
      <SpanList label="Spans of OpenTelemetry" rows={rows} className="mt-1 max-h-64" />
    </details>
  );
}
