'use client';

import { PauseIcon, PlayIcon, RadioIcon } from 'lucide-react';
import { Button, ICON_ON_PHONE } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { useLiveState, type LiveState } from '@/lib/live-state';

const SAID: Record<LiveState, string> = {
  off: 'Show executions as they arrive',
  connecting: 'Live: connecting…',
  live: 'Live: new executions appear as they arrive',
  lost: 'Connection lost. Reconnecting…',
};

/** Turns live updates on and off, and pauses them. */
export function LiveButton({
  live,
  paused,
  unable,
  onLive,
  onPaused,
}: {
  live: boolean;
  paused: boolean;
  /** Why this list cannot be live. Null if it can. */
  unable: string | null;
  onLive: (live: boolean) => void;
  onPaused: (paused: boolean) => void;
}) {
  const state = useLiveState();
  const running = live && unable === null;
  return (
    <div className="flex">
      <Button
        aria-pressed={running}
        disabled={unable !== null}
        title={unable ?? (running ? SAID[state] : 'Show executions as they arrive')}
        className={cn(ICON_ON_PHONE, running && 'rounded-r-none bg-accent-soft')}
        onClick={() => onLive(!live)}
      >
        <RadioIcon
          aria-hidden
          className={cn(running && state === 'live' && !paused && 'pulse-mark text-running')}
        />
        <span className="max-md:sr-only">
          {running && state === 'lost' ? 'Reconnecting…' : 'Live'}
        </span>
      </Button>
      {running ? (
        <Button
          size="icon"
          className="rounded-l-none border-l-0"
          aria-pressed={paused}
          aria-label={paused ? 'Resume live updates' : 'Pause live updates'}
          title={paused ? 'Resume' : 'Pause: new executions are counted but not shown'}
          onClick={() => onPaused(!paused)}
        >
          {paused ? <PlayIcon aria-hidden /> : <PauseIcon aria-hidden />}
        </Button>
      ) : null}
    </div>
  );
}
