import { asRecord, quietly } from '../source.js';

/** A method of a foreign object. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Replaces a method of this object by one that calls the original. Returns false if the object has
 * no such method or does not allow it.
 */
export function wrapMethod(
  object: object,
  name: string,
  wrap: (original: Method) => Method,
): boolean {
  const isWrapped = quietly(() => {
    const original = asRecord(object)[name];
    if (typeof original !== 'function') return false;
    const value = wrap(original as Method);
    Object.defineProperty(object, name, { value, configurable: true, writable: true });
    return true;
  });
  return isWrapped === true;
}
