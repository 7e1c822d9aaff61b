import { onBeforeExit, onFailedExit } from '#platform';

import { SYSTEM_CLOCK } from './clock.js';

/** The longest delay of the end of a process. */
const HOLD_MS = 2_000;

/** A client with snapshots, which makes a last attempt before the process ends. */
interface LastAttempt {
  /** The process has nothing left to do, and waits. */
  lastAttempt(timeoutMs: number): Promise<void>;
  /** The process ends by an error: this thread waits. */
  lastAttemptNow(timeoutMs: number): void;
}

const holders = new Set<LastAttempt>();
let isListening = false;

/** The end of the process waits for this holder, for two seconds at most. */
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

/** This holder has nothing to send. It may be garbage collected. */
export function releaseExit(holder: LastAttempt): void {
  holders.delete(holder);
}
