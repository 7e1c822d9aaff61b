'use client';

import { useNowMs } from '@/lib/browser-state';
import { formatAbsolute, formatRelative } from '@/lib/format';
import { useZone } from '@/lib/preferences';

/** A time as people say it; the exact one, with its zone, on hover and to machines. */
export function RelativeTime({ iso, className }: { iso: string; className?: string }) {
  const zone = useZone();
  const nowMs = useNowMs();
  return (
    <time dateTime={iso} title={formatAbsolute(iso, zone)} className={className}>
      {formatRelative(iso, nowMs, zone)}
    </time>
  );
}

/** The exact time in the chosen zone; how long ago on hover. */
export function AbsoluteTime({ iso, className }: { iso: string; className?: string }) {
  const zone = useZone();
  const nowMs = useNowMs();
  return (
    <time dateTime={iso} title={formatRelative(iso, nowMs, zone)} className={className}>
      {formatAbsolute(iso, zone)}
    </time>
  );
}
