'use client';

import { DownloadButton } from '@/components/download-button';
import { boundsOf, type TimeRange } from '@/components/time-range/time-range';
import { exportUrl, getExport } from '@/lib/api-client';

interface Exported {
  app: string;
  q: string;
  range: TimeRange;
}

/** Exports all executions of the filter as a file. */
export function ExportButton({ app, q, range }: Exported) {
  return (
    <DownloadButton
      urlAt={(nowMs) => exportUrl(app, { q, ...boundsOf(range, nowMs) })}
      read={(nowMs) => getExport(app, { q, ...boundsOf(range, nowMs) })}
      file={`${app}.ndjson`}
      about="Export all matching executions, with payloads, as NDJSON"
    />
  );
}
