'use client';

import type { FoundExecution } from '@xray/core';
import { useEffect, useEffectEvent } from 'react';
import { openLive } from './api-client';
import { followStream } from './follow-stream';
import { sayLive } from './live-state';
import { leaveIfSignedOut } from './session';

/**
 * Follows the executions of a filter as they arrive or change, and calls `onRow` for each. A broken stream
 * resumes where it stopped. It stays open while the page is hidden.
 */
export function useLiveExecutions({
  app,
  q,
  enabled,
  onRow,
  onMissed,
}: {
  app: string;
  q: string;
  enabled: boolean;
  onRow: (row: FoundExecution) => void;
  /** Called if too many executions arrived to send each of them. */
  onMissed: () => void;
}): void {
  const receive = useEffectEvent((type: string, data: string) => {
    // The server made this data, so it is trusted.
    if (type === 'execution') onRow(JSON.parse(data) as FoundExecution);
    if (type === 'missed') onMissed();
  });
  useEffect(() => {
    if (!enabled) return;
    const leaving = new AbortController();
    sayLive('connecting');
    void followStream({
      open: (lastEventId, signal) => openLive(app, q, lastEventId, signal),
      onEvent: ({ type, data }) => receive(type, data),
      onLive: () => sayLive('live'),
      onLost: (error) => {
        sayLive('lost');
        leaveIfSignedOut(error);
      },
      signal: leaving.signal,
    });
    return () => {
      leaving.abort();
      sayLive('off');
    };
  }, [app, q, enabled]);
}
