'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { DownloadIcon } from 'lucide-react';
import { Button, ICON_ON_PHONE } from '@/components/ui/button';
import { configQuery } from '@/lib/queries';

/** Some browsers start to save only after the click. */
const SAVED_WITHIN_MS = 60_000;

interface Download {
  /** The address of the file at this moment; `nowMs` is 0 before the click. */
  urlAt: (nowMs: number) => string;
  /** Reads the same file with the page's own credentials. */
  read: (nowMs: number) => Promise<Blob>;
  file: string;
  /** The content of the file, for a tooltip. */
  about: string;
}

/** Saves what the API answers as a file. */
export function DownloadButton(download: Download) {
  const { data: config } = useQuery(configQuery);
  if (config?.signIn.kind === 'clerk') return <FetchedDownload {...download} />;
  return <DownloadLink {...download} />;
}

/** The browser downloads the file by itself. */
function DownloadLink({ urlAt, file, about }: Download) {
  return (
    <Button asChild title={about} className={ICON_ON_PHONE}>
      <a
        href={urlAt(0)}
        download={file}
        // A relative time range depends on the clock at the moment of the click.
        onClick={(event) => {
          event.currentTarget.href = urlAt(Date.now());
        }}
      >
        <DownloadIcon aria-hidden /> <span className="max-md:sr-only">Export</span>
      </a>
    </Button>
  );
}

/** A link cannot carry Clerk's token, so the page reads the file and saves it. */
function FetchedDownload({ read, file, about }: Download) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => read(Date.now()),
    onSuccess: (blob) => save(blob, file),
  });
  return (
    <Button
      title={error?.message ?? about}
      className={ICON_ON_PHONE}
      disabled={isPending}
      onClick={() => mutate()}
    >
      <DownloadIcon aria-hidden />
      {/* A role here would take the text out of the button's name. */}
      <span aria-live="polite" className="max-md:sr-only">
        {labelOf(isPending, error !== null)}
      </span>
    </Button>
  );
}

function labelOf(isPending: boolean, hasFailed: boolean): string {
  if (isPending) return 'Exporting…';
  return hasFailed ? 'Export failed. Retry' : 'Export';
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVED_WITHIN_MS);
}
