/** Timers from before any replay or test replaced them. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => realImmediate(resolve));
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    realTimeout(resolve, ms);
  });

const realImmediate = setImmediate;
const realTimeout = setTimeout;
