export const REPLAY_VERDICTS = ['same', 'moved', 'flipped', 'undecided', 'not_replayable'] as const;
export type ReplayVerdict = (typeof REPLAY_VERDICTS)[number];

const REFERENCE = /^replay:([0-9a-f]{8}-[0-9a-f-]{27}):(.+)$/;

/** One side of a comparison that is a replayed execution: `replay:RUN:ID`. */
export function replayReference(run: string, executionId: string): string {
  return `replay:${run}:${executionId}`;
}

export function readReplayReference(
  text: string,
): { run: string; executionId: string } | undefined {
  const [, run, executionId] = REFERENCE.exec(text) ?? [];
  return run === undefined || executionId === undefined ? undefined : { run, executionId };
}
