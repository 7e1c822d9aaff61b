/** Equal turns that follow each other: `turns` times the shapes from `start`, `period` of them a turn. */
export interface Fold {
  start: number;
  period: number;
  turns: number;
}

/** Fewer equal turns are shown as they are. */
const MIN_TURNS = 3;
/** Steps of one turn. */
const MAX_PERIOD = 24;

/**
 * Finds runs of equal turns in a sequence of shapes, from left to right. At each start it takes the run that
 * covers the most shapes. Folds
 * never overlap, and no turn is itself a repetition of a shorter one. A null shape is never folded.
 */
export function foldTurns(shapes: readonly (string | null)[]): Fold[] {
  const count = shapes.length;
  const periods = Math.min(MAX_PERIOD, Math.floor(count / MIN_TURNS));
  // runs[p - 1][i]: how many shapes from i on equal the shape p places later.
  const runs = Array.from({ length: periods }, (_, place) => {
    const period = place + 1;
    const run = new Int32Array(count + 1);
    for (let at = count - period - 1; at >= 0; at -= 1) {
      const shape = shapes[at];
      const isSame = shape !== null && shape === shapes[at + period];
      run[at] = isSame ? (run[at + 1] ?? 0) + 1 : 0;
    }
    return run;
  });
  const folds: Fold[] = [];
  for (let start = 0; start < count;) {
    let best: Fold | null = null;
    for (const [place, run] of runs.entries()) {
      const period = place + 1;
      const turns = Math.floor((run[start] ?? 0) / period) + 1;
      if (turns < MIN_TURNS) continue;
      // A longer period must cover more; else it only repeats the shorter one.
      if (best === null || turns * period > best.turns * best.period)
        best = { start, period, turns };
    }
    if (best !== null) folds.push(best);
    start += best === null ? 1 : best.turns * best.period;
  }
  return folds;
}
