import { varintLength, type ByteReader, type ByteWriter } from './bytes.js';

/** The ways to encode a list of places. The shortest is used. */
const SINGLE = 0;
const GAPS = 1;
const RUNS = 2;
const BITMAP = 3;

/**
 * Writes `count` ascending places out of `places`. They are places of executions in a segment's
 * directory.
 */
export function writePostings(out: ByteWriter, places: Uint32Array, count: number): void {
  const first = places[0] ?? 0;
  if (count === 1) {
    out.varint(first * 4 + SINGLE);
    return;
  }
  let gapBytes = 0;
  let runBytes = 0;
  let next = 0;
  let runStart = 0;
  for (let i = 0; i < count; i++) {
    const place = places[i] ?? 0;
    gapBytes += varintLength(place - next);
    next = place + 1;
    if (i + 1 < count && places[i + 1] === next) continue;
    const start = places[runStart] ?? 0;
    const before = runStart === 0 ? 0 : (places[runStart - 1] ?? 0) + 1;
    runBytes += varintLength(start - before) + varintLength(i - runStart);
    runStart = i + 1;
  }
  const bitmapBytes = (next + 7) >>> 3;
  const best = Math.min(gapBytes, runBytes, bitmapBytes);
  if (best === gapBytes) {
    out.varint(best * 4 + GAPS);
    let after = 0;
    for (let i = 0; i < count; i++) {
      const place = places[i] ?? 0;
      out.varint(place - after);
      after = place + 1;
    }
  } else if (best === runBytes) {
    out.varint(best * 4 + RUNS);
    writeRuns(out, places, count);
  } else {
    out.varint(best * 4 + BITMAP);
    const bits = new Uint8Array(bitmapBytes);
    for (let i = 0; i < count; i++) {
      const place = places[i] ?? 0;
      bits[place >>> 3] = (bits[place >>> 3] ?? 0) | (1 << (place & 7));
    }
    out.bytes(bits);
  }
}

function writeRuns(out: ByteWriter, places: Uint32Array, count: number): void {
  let after = 0;
  let runStart = 0;
  for (let i = 0; i < count; i++) {
    const place = places[i] ?? 0;
    if (i + 1 < count && places[i + 1] === place + 1) continue;
    out.varint((places[runStart] ?? 0) - after);
    out.varint(i - runStart);
    after = place + 1;
    runStart = i + 1;
  }
}

/**
 * Calls `visit` for each place of the list that begins here, ascending. The reader is after the
 * list then.
 */
export function readPostings(reader: ByteReader, visit: (place: number) => void): void {
  const head = reader.varint();
  const rest = head >>> 2;
  const end = reader.at + rest;
  let next = 0;
  switch (head & 3) {
    case SINGLE:
      visit(rest);
      return;
    case GAPS:
      while (reader.at < end) {
        const place = next + reader.varint();
        visit(place);
        next = place + 1;
      }
      return;
    case RUNS:
      while (reader.at < end) {
        next += reader.varint();
        const last = next + reader.varint();
        for (; next <= last; next++) visit(next);
      }
      return;
    default: {
      const bits = reader.bytes(rest);
      for (const [index, byte] of bits.entries()) {
        for (let bit = 0; byte >>> bit > 0; bit++) if ((byte >>> bit) & 1) visit(index * 8 + bit);
      }
    }
  }
}

export function skipPostings(reader: ByteReader): void {
  const head = reader.varint();
  if ((head & 3) !== SINGLE) reader.at += head >>> 2;
}
