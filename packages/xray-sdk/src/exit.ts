import { onBeforeExit, onFailedExit } from '#platform';

import { SYSTEM_CLOCK } from './clock.js';

/** The longest time by which the SDK delays the end of a process. */
const HOLD_MS = 2_000;

/** A client with snapshots. It makes a last attempt before the process ends. */
interface LastAttempt {
  /** Called when the process has nothing left to do. The process waits for the promise. */
  lastAttempt(timeoutMs: number): Promise<void>;
  /** Called when the process ends because of an error. The thread waits. */
  lastAttemptNow(timeoutMs: number): void;
}

const holders = new Set<LastAttempt>();
let isListening = false;

/** Makes the end of the process wait for this holder, for two seconds at most. */
export function holdExit(holder: LastAttempt): void {
  holders.add(holder);
  if (isListening) return;
  isListening = true;
  onBeforeExit(() => {
    for (const waiting of holders) {
      holders.delete(waiting);
      void waiting.lastAttempt(HOLD_MS);
    }
  });
  onFailedExit(() => {
    const endMs = SYSTEM_CLOCK.monotonicMs() + HOLD_MS;
    for (const waiting of holders) {
      holders.delete(waiting);
      waiting.lastAttemptNow(endMs - SYSTEM_CLOCK.monotonicMs());
    }
  });
}

/** Forgets a holder that has nothing to send, so that it can be garbage collected. */
export function releaseExit(holder: LastAttempt): void {
  holders.delete(holder);
}
