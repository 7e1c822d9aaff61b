import { base64, fromBase64 } from './bytes.js';
import { UnreadableNote } from './note.js';

/** The state of a log: its name, how many entries it has, and the root of their tree (C2SP tlog-checkpoint). */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Uint8Array;
}

export function writeCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${base64(root)}\n`;
}

/** @param text of a note @throws UnreadableNote */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, digits, encoded, ...rest] = text.split('\n');
  const size = /^(0|[1-9]\d{0,15})$/.test(digits ?? '') ? Number(digits) : Number.NaN;
  const root = fromBase64(encoded ?? '');
  if (!origin || !Number.isSafeInteger(size) || root?.length !== 32 || rest.join() !== '') {
    throw new UnreadableNote('a checkpoint has three lines: origin, size and root');
  }
  return { origin, size, root };
}
