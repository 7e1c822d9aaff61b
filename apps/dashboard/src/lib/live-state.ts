'use client';

import { useSyncExternalStore } from 'react';

/** `lost` means that the stream reconnects and resumes. */
export type LiveState = 'off' | 'connecting' | 'live' | 'lost';

// A page has one stream. The dot in the top bar shows its state.
let current: LiveState = 'off';
const listeners = new Set<() => void>();

export function sayLive(state: LiveState): void {
  current = state;
  for (const listener of listeners) listener();
}

/** The state of the page's live stream. */
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
