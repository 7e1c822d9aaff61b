'use client';

import { useNowMs } from '@/lib/browser-state';
import { formatAbsolute, formatRelative } from '@/lib/format';
import { useZone } from '@/lib/preferences';

/** A relative time. Hovering shows the exact time with its zone. */
export function RelativeTime({ iso, className }: { iso: string; className?: string }) {
  const zone = useZone();
  const nowMs = useNowMs();
  return (
    <time dateTime={iso} title={formatAbsolute(iso, zone)} className={className}>
      {formatRelative(iso, nowMs, zone)}
    </time>
  );
}

/** The exact time in the chosen zone. Hovering shows how long ago it was. */
export function AbsoluteTime({ iso, className }: { iso: string; className?: string }) {
  const zone = useZone();
  const nowMs = useNowMs();
  return (
    <time dateTime={iso} title={formatRelative(iso, nowMs, zone)} className={className}>
      {formatAbsolute(iso, zone)}
    </time>
  );
}
