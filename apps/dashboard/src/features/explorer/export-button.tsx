'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { DownloadIcon } from 'lucide-react';
import { boundsOf, type TimeRange } from '@/components/time-range/time-range';
import { Button, ICON_ON_PHONE } from '@/components/ui/button';
import { exportUrl, getExport } from '@/lib/api-client';
import { configQuery } from '@/lib/queries';

/** Some browsers begin to save only after the click is over. */
const SAVED_WITHIN_MS = 60_000;
const ABOUT = 'Everything found, with payloads, as NDJSON';

interface Exported {
  app: string;
  q: string;
  range: TimeRange;
}

/** Everything that the filter finds, as a file. */
export function ExportButton(exported: Exported) {
  const { data: config } = useQuery(configQuery);
  if (config?.signIn.kind === 'clerk') return <FetchedExport {...exported} />;
  return <ExportLink {...exported} />;
}

/** The browser reads it to the end, however long it is. */
function ExportLink({ app, q, range }: Exported) {
  return (
    <Button asChild title={ABOUT} className={ICON_ON_PHONE}>
      <a
        href={exportUrl(app, { q, ...boundsOf(range, 0) })}
        download={fileOf(app)}
        // A range back from now goes by the clock of the moment that it is asked for.
        onClick={(event) => {
          event.currentTarget.href = exportUrl(app, { q, ...boundsOf(range, Date.now()) });
        }}
      >
        <DownloadIcon aria-hidden /> <span className="max-md:sr-only">Export</span>
      </a>
    </Button>
  );
}

/** Clerk's token cannot go along with a link, so the page reads the file and hands it over whole. */
function FetchedExport({ app, q, range }: Exported) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => getExport(app, { q, ...boundsOf(range, Date.now()) }),
    onSuccess: (file) => save(file, fileOf(app)),
  });
  return (
    <Button
      title={error?.message ?? ABOUT}
      className={ICON_ON_PHONE}
      disabled={isPending}
      onClick={() => mutate()}
    >
      <DownloadIcon aria-hidden />
      {/* A role here would take the text out of the button's name. */}
      <span aria-live="polite" className="max-md:sr-only">
        {exportLabel(isPending, error !== null)}
      </span>
    </Button>
  );
}

function exportLabel(isPending: boolean, hasFailed: boolean): string {
  if (isPending) return 'Exporting…';
  return hasFailed ? 'Export failed: again?' : 'Export';
}

function fileOf(app: string): string {
  return `${app}.ndjson`;
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVED_WITHIN_MS);
}
