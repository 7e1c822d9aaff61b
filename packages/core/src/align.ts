/**
 * Numbers by which two steps are compared. `key` stands for name and kind, `content` for everything. Steps
 * with equal content have equal keys.
 */
export interface Token {
  key: number;
  content: number;
}

/** The places of two matching tokens in `a` and `b`. Both increase along an alignment. */
export type Pair = [a: number, b: number];

/** The maximum number of cells in the table of one alignment: 2,000 by 2,000. */
const MAX_CELLS = 4_000_000;

const [STOP, SKIP_A, SKIP_B, MATCH] = [0, 1, 2, 3];

/** Weights of an alignment's score: equal keys count most, then equal contents, then nearness. */
const PER_KEY = 2 ** 38;
const PER_CONTENT = 2 ** 24;

/**
 * Aligns two sequences by their longest common subsequence of keys. Ties are broken by most equal contents,
 * then by least displacement. Equal beginnings and ends are matched first.
 *
 * The rest is aligned exactly up to 4 million cells (2,000 steps by 2,000). Beyond, steps that are unique
 * on both sides split it (patience diff, B. Cohen). In a part that is still too large only a band around
 * its diagonal is compared, some 200 steps wide at 10,000 steps. So no length costs more than 4 million
 * cells.
 */
export function align(a: readonly Token[], b: readonly Token[]): Pair[] {
  const pairs: Pair[] = [];
  let start = 0;
  let [aEnd, bEnd] = [a.length, b.length];
  while (start < aEnd && start < bEnd && isSame(a[start], b[start])) start++;
  while (aEnd > start && bEnd > start && isSame(a[aEnd - 1], b[bEnd - 1])) {
    aEnd--;
    bEnd--;
  }
  for (let place = 0; place < start; place++) pairs.push([place, place]);
  pairs.push(...alignMiddle(a, b, { aFrom: start, aTo: aEnd, bFrom: start, bTo: bEnd }));
  for (let place = aEnd; place < a.length; place++) pairs.push([place, place - aEnd + bEnd]);
  return pairs;
}

interface Part {
  aFrom: number;
  aTo: number;
  bFrom: number;
  bTo: number;
}

function alignMiddle(a: readonly Token[], b: readonly Token[], whole: Part): Pair[] {
  const rows = whole.aTo - whole.aFrom;
  const columns = whole.bTo - whole.bFrom;
  if (rows === 0 || columns === 0) return [];
  if (rows * columns <= MAX_CELLS) return alignPart(a, b, whole, columns);
  const anchors = anchorsOf(a, b, whole);
  const parts = partsBetween(anchors, whole);
  let cells = MAX_CELLS;
  let rowsLeft = rows;
  const between = parts
    .toSorted((left, right) => cellsOf(left) - cellsOf(right))
    .flatMap((part) => {
      const width = part.bTo - part.bFrom;
      // Small parts are compared whole. The large ones share the remaining cells by rows.
      const band = cellsOf(part) <= cells / 2 ? width : Math.floor(cells / rowsLeft / 2);
      cells -= Math.min(cellsOf(part), (part.aTo - part.aFrom) * (2 * band + 1));
      rowsLeft -= part.aTo - part.aFrom;
      return alignPart(a, b, part, band);
    });
  return [...anchors, ...between].sort(([left], [right]) => left - right);
}

function cellsOf({ aFrom, aTo, bFrom, bTo }: Part): number {
  return (aTo - aFrom) * (bTo - bFrom);
}

function partsBetween(anchors: Pair[], { aFrom, aTo, bFrom, bTo }: Part): Part[] {
  const starts = [[aFrom, bFrom], ...anchors.map(([inA, inB]) => [inA + 1, inB + 1])];
  const ends = [...anchors, [aTo, bTo]];
  return starts.map(([fromA = 0, fromB = 0], place) => {
    const [toA = aTo, toB = bTo] = ends[place] ?? [];
    return { aFrom: fromA, aTo: toA, bFrom: fromB, bTo: toB };
  });
}

/** The best alignment of a part whose matches are within `band` of its diagonal. */
function alignPart(
  a: readonly Token[],
  b: readonly Token[],
  { aFrom, aTo, bFrom, bTo }: Part,
  band: number,
): Pair[] {
  const [rows, columns] = [aTo - aFrom, bTo - bFrom];
  if (rows === 0 || columns === 0) return [];
  // The band is at least as wide as the slope of the diagonal, so that neighbouring rows of the band
  // overlap.
  const width = Math.min(columns, Math.max(2 * band + 1, 4 * Math.ceil(columns / rows))) + 1;
  const firstOf = (row: number): number => {
    const center = Math.round((row / rows) * columns);
    return Math.max(0, Math.min(center - Math.floor(width / 2), columns - width + 1));
  };
  const moves = new Uint8Array((rows + 1) * width);
  let above = new Float64Array(width);
  for (let row = 1; row <= rows; row++) {
    const scores = new Float64Array(width);
    const [first, firstAbove] = [firstOf(row), firstOf(row - 1)];
    const from = a[aFrom + row - 1];
    for (let column = first; column < first + width; column++) {
      const cell = column - first;
      const up = column - firstAbove;
      let best = -1;
      let move = STOP;
      if (up >= 0 && up < width) {
        best = above[up] ?? 0;
        move = SKIP_A;
      }
      const left = cell > 0 ? (scores[cell - 1] ?? 0) : -1;
      if (left > best || (left === best && left >= 0)) {
        best = left;
        move = SKIP_B;
      }
      const to = b[bFrom + column - 1];
      if (column > 0 && up > 0 && up <= width && from && to && from.key === to.key) {
        const matched = (above[up - 1] ?? 0) + weightOf(from, to, row - column);
        if (matched >= best) {
          best = matched;
          move = MATCH;
        }
      }
      scores[cell] = Math.max(best, 0);
      moves[row * width + cell] = move;
    }
    above = scores;
  }
  return walkBack(moves, width, firstOf, { aFrom, aTo, bFrom, bTo });
}

function weightOf(a: Token, b: Token, displacement: number): number {
  return PER_KEY + (a.content === b.content ? PER_CONTENT : 0) - Math.abs(displacement);
}

function walkBack(
  moves: Uint8Array,
  width: number,
  firstOf: (row: number) => number,
  { aFrom, aTo, bFrom, bTo }: Part,
): Pair[] {
  const pairs: Pair[] = [];
  let [row, column] = [aTo - aFrom, bTo - bFrom];
  while (row > 0 && column >= 0) {
    const move = moves[row * width + column - firstOf(row)];
    if (move === MATCH) {
      pairs.push([aFrom + row - 1, bFrom + column - 1]);
      row--;
      column--;
    } else if (move === SKIP_A) row--;
    else if (move === SKIP_B) column--;
    else break;
  }
  return pairs.toReversed();
}

/** Tokens that occur once on each side, by content or else by key, in their longest common order. */
function anchorsOf(a: readonly Token[], b: readonly Token[], part: Part): Pair[] {
  const byContent = uniquePairs(a, b, part, ({ content }) => content);
  return risingOf(byContent.length > 0 ? byContent : uniquePairs(a, b, part, ({ key }) => key));
}

function uniquePairs(
  a: readonly Token[],
  b: readonly Token[],
  { aFrom, aTo, bFrom, bTo }: Part,
  idOf: (token: Token) => number,
): Pair[] {
  const placesOf = (tokens: readonly Token[], from: number, to: number): Map<number, number> => {
    const places = new Map<number, number>();
    for (let place = from; place < to; place++) {
      const token = tokens[place];
      if (!token) continue;
      places.set(idOf(token), places.has(idOf(token)) ? -1 : place);
    }
    return places;
  };
  const inB = placesOf(b, bFrom, bTo);
  return [...placesOf(a, aFrom, aTo)].flatMap(([id, place]): Pair[] => {
    const other = inB.get(id) ?? -1;
    return place < 0 || other < 0 ? [] : [[place, other]];
  });
}

/** The longest increasing subsequence of pairs, which are in the order of `a` (patience sorting). */
function risingOf(pairs: Pair[]): Pair[] {
  const tops: number[] = [];
  const before = new Int32Array(pairs.length).fill(-1);
  pairs.forEach(([, place], index) => {
    let [low, high] = [0, tops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tops[middle] ?? 0]?.[1] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    before[index] = low > 0 ? (tops[low - 1] ?? -1) : -1;
    tops[low] = index;
  });
  const rising: Pair[] = [];
  for (let index = tops.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) {
    const pair = pairs[index];
    if (pair) rising.push(pair);
  }
  return rising.toReversed();
}

function isSame(a: Token | undefined, b: Token | undefined): boolean {
  return a !== undefined && b !== undefined && a.content === b.content;
}
