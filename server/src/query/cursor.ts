import { storableInstant } from '@xray/core';

/** The place in a list after which the next page begins. */
export interface Cursor {
  at: Date;
  id: number;
}

export function encodeCursor(cursor: Cursor): string {
  return Buffer.from(`${cursor.at.getTime()}.${cursor.id}`).toString('base64url');
}

/** Undefined for any text that `encodeCursor` did not make. */
export function decodeCursor(text: string): Cursor | undefined {
  const plain = Buffer.from(text, 'base64url').toString('latin1');
  const [, time, id] = /^(-?\d{1,15})\.(\d{1,15})$/.exec(plain) ?? [];
  if (time === undefined || id === undefined) return undefined;
  const ms = Number(time);
  return storableInstant(ms) === ms ? { at: new Date(ms), id: Number(id) } : undefined;
}
