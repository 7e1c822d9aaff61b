/**
 * Thrown where the record has no answer for a step. The verdict is `undecided`, even if the code catches it.
 *
 * @example
 * ```ts
 * const isMiss = (error: unknown) => error instanceof ReplayMiss;
 * ```
 */
export class ReplayMiss extends Error {
  override readonly name = 'ReplayMiss';
}

/**
 * Thrown where replayed code reaches for the network.
 *
 * @example
 * ```ts
 * const isLeak = (error: unknown) => error instanceof ReplayLeak;
 * ```
 */
export class ReplayLeak extends Error {
  override readonly name = 'ReplayLeak';
}
