'use client';

import { useQuery } from '@tanstack/react-query';
import { DownloadIcon } from 'lucide-react';
import { useId, useState } from 'react';
import { DownloadButton } from '@/components/download-button';
import { boundsOf, type TimeRange } from '@/components/time-range/time-range';
import { Button, ICON_ON_PHONE } from '@/components/ui/button';
import { Dialog, DialogContent, DialogTitle } from '@/components/ui/dialog';
import { exportUrl, getExport, getHistogram, type ExportFormat } from '@/lib/api-client';
import { plural } from '@/lib/format';

interface Exported {
  app: string;
  q: string;
  range: TimeRange;
}

const FORMATS = {
  csv: {
    name: 'Table (CSV)',
    leaves:
      'Subjects, outcomes, reasons, versions, tags and times. No inputs, outputs or reasoning.',
  },
  ndjson: {
    name: 'Complete records (NDJSON)',
    leaves:
      'Everything that was recorded: inputs, outputs, reasoning, candidates, artifacts and errors, with the subjects.',
  },
} as const;

/** Exports the executions of the filter as a file, after it says what leaves. */
export function ExportButton(exported: Exported) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button className={ICON_ON_PHONE} onClick={() => setOpen(true)}>
        <DownloadIcon aria-hidden /> <span className="max-md:sr-only">Export</span>
      </Button>
      <Dialog open={open} onOpenChange={setOpen}>
        {open ? <ExportDialog {...exported} onClose={() => setOpen(false)} /> : null}
      </Dialog>
    </>
  );
}

function ExportDialog({ app, q, range, onClose }: Exported & { onClose: () => void }) {
  const [format, setFormat] = useState<keyof typeof FORMATS>('csv');
  const [bom, setBom] = useState(true);
  const id = useId();
  const counted = useQuery({
    queryKey: ['export-count', app, q, range],
    queryFn: ({ signal }) =>
      getHistogram(app, { q, ...boundsOf(range, Date.now()), buckets: 1 }, signal),
  });
  const chosen: ExportFormat =
    format === 'csv' ? { format, bom: bom ? 'true' : 'false' } : { format };
  const params = (nowMs: number) => ({ q, ...boundsOf(range, nowMs), ...chosen });
  return (
    <DialogContent className="flex max-h-[80dvh] flex-col gap-4 overflow-y-auto p-5">
      <DialogTitle className="font-semibold">Export these executions</DialogTitle>
      <fieldset className="flex flex-col gap-3 text-sm">
        <legend className="sr-only">Format</legend>
        {Object.entries(FORMATS).map(([value, { name, leaves }]) => (
          <div key={value}>
            <label className="flex items-center gap-2 font-medium">
              <input
                type="radio"
                name="format"
                aria-describedby={`${id}-${value}`}
                checked={format === value}
                onChange={() => setFormat(value === 'csv' ? 'csv' : 'ndjson')}
              />
              {name}
            </label>
            <p id={`${id}-${value}`} className="pl-5 text-ink-muted">
              {leaves}
            </p>
          </div>
        ))}
        {format === 'csv' ? (
          <label className="flex items-center gap-2">
            <input
              type="checkbox"
              checked={bom}
              onChange={(event) => setBom(event.target.checked)}
            />
            For Excel (begins with a byte order mark)
          </label>
        ) : null}
      </fieldset>
      <output className="text-sm">
        {counted.data === undefined
          ? counted.isError
            ? 'The executions could not be counted. The file has all that match.'
            : 'Counting…'
          : counted.data.counted === null
            ? `${plural(counted.data.total, 'execution')} will leave X-Ray. The audit log keeps this.`
            : `At least ${plural(counted.data.total, 'execution')} will leave X-Ray. The audit log keeps this.`}
      </output>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <DownloadButton
          urlAt={(nowMs) => exportUrl(app, params(nowMs))}
          read={(nowMs) => getExport(app, params(nowMs))}
          file={`${app}.${format}`}
          about={FORMATS[format].name}
        />
      </div>
    </DialogContent>
  );
}
