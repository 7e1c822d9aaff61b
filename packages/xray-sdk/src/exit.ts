import { onBeforeExit } from '#platform';

/** What the end of a process may be held up by, at most. */
const HOLD_MS = 2_000;

/** Something that holds snapshots and may try once more before the process ends. */
interface LastAttempt {
  lastAttempt(timeoutMs: number): Promise<void>;
}

const holders = new Set<LastAttempt>();
let isListening = false;

/** From now on the end of the process waits for this one, for two seconds at most. */
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
}

/** This one holds nothing any more, and may be collected. */
export function releaseExit(holder: LastAttempt): void {
  holders.delete(holder);
}
