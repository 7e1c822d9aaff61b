'use client';

import { useSyncExternalStore } from 'react';

/** `lost`: it is tried again, and will go on where it stopped. */
export type LiveState = 'off' | 'connecting' | 'live' | 'lost';

// One stream a page: the dot in the top bar shows how it fares.
let current: LiveState = 'off';
const listeners = new Set<() => void>();

export function sayLive(state: LiveState): void {
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
