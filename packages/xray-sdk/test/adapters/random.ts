/** A random number generator with a fixed seed (mulberry32). Gives integers below a bound. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** All rounds run in `npm run test:full`. */
export const ROUNDS = process.env['XRAY_TEST_FULL'] === '1' ? 1_000 : 100;
