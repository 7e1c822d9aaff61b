'use client';

import type { ExecutionSummary } from '@xray/core';
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { liveUrl } from './api-client';

const RETRY_MS = 5_000;

/** `lost`: the browser is trying to connect again, and will go on where it stopped. */
export type LiveState = 'off' | 'connecting' | 'live' | 'lost';

// One stream a page: the dot in the top bar shows how it fares.
let current: LiveState = 'off';
const listeners = new Set<() => void>();

function say(state: LiveState): void {
  current = state;
  for (const listener of listeners) listener();
}

/** How the page's live stream fares. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
    () => 'off',
  );
}

/**
 * Executions of the app as they arrive or go on, under a filter; `onRow` is called for each. The browser
 * connects again by itself and resumes by `Last-Event-ID`; while the page is hidden it stays connected.
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
  onRow: (row: ExecutionSummary) => void;
  /** There were too many to tell of each. */
  onMissed: () => void;
}): void {
  const receive = useEffectEvent(onRow);
  const miss = useEffectEvent(onMissed);
  useEffect(() => {
    if (!enabled) return;
    let source: EventSource;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const connect = () => {
      source = new EventSource(liveUrl(app, q), { withCredentials: true });
      source.addEventListener('open', () => say('live'));
      source.addEventListener('execution', (event: MessageEvent<string>) => {
        // What this server sends was made by it.
        receive(JSON.parse(event.data) as ExecutionSummary);
      });
      source.addEventListener('missed', () => miss());
      source.addEventListener('error', () => {
        say('lost');
        // A stream that the server refuses is closed for good; it is tried again after a while.
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, RETRY_MS);
      });
    };
    say('connecting');
    connect();
    return () => {
      clearTimeout(timer);
      source.close();
      say('off');
    };
  }, [app, q, enabled]);
}
