import { DomainError } from '../errors.js';
import type { Place } from '../store/answers.js';
import { UnusablePlace } from '../store/errors.js';

/** A place as a text for URLs. */
export function encodeCursor(place: Place): string {
  return Buffer.from(place).toString('base64url');
}

export function decodeCursor(cursor: string): Place {
  return Buffer.from(cursor, 'base64url').toString('latin1');
}

/**
 * Asks a question with the place of a cursor. Throws a DomainError that names the parameter if the store did not make
 * the place.
 */
export async function fromCursor<T>(ask: () => Promise<T>, parameter = 'cursor'): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof UnusablePlace)) throw error;
    throw new DomainError('invalid', 'This server did not issue the cursor.', [
      { path: parameter, code: 'invalid_cursor' },
    ]);
  }
}
