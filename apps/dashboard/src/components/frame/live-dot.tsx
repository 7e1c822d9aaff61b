'use client';

import { cn } from '@/lib/cn';
import { useLiveState } from '@/lib/live-state';

const SAID = { connecting: 'Connecting…', live: 'Live', lost: 'Reconnecting…' } as const;

/** Shows the state of the live stream. Empty if the page has none. */
export function LiveDot() {
  const state = useLiveState();
  return (
    <output className="flex items-center gap-1.5 text-xs text-ink-muted">
      {state === 'off' ? null : (
        <>
          <span
            aria-hidden
            className={cn(
              'size-2 rounded-full',
              state === 'live' ? 'pulse-mark bg-running' : 'border-2 border-deferred',
            )}
          />
          {SAID[state]}
        </>
      )}
    </output>
  );
}
