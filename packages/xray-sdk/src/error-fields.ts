import { FIELD_BOUNDS } from './limits.js';
import type { ObjectWriter } from './object-writer.js';
import { isError, tagOf } from './platform-values.js';
import { asRecord, isObject, itemsOf, quietly, type Source } from './source.js';

const SMALL = FIELD_BOUNDS.smallValueBytes;
/** Fields that `Object.keys` of an error may miss, because they are inherited or not enumerable. */
const NAMED_FIELDS = ['name', 'message', 'code', 'cause', 'errors'];

/** The keys of an error to record. The stack is left out because it may contain secrets. */
export function errorKeys(error: object): readonly string[] {
  const named = NAMED_FIELDS.filter((key) => quietly(() => key in error) !== false);
  return [...named, ...otherKeys(error)];
}

function otherKeys(error: object): string[] {
  const keys = quietly(() => Object.keys(error)) ?? [];
  return keys.filter((key) => key !== 'stack' && !NAMED_FIELDS.includes(key));
}

/**
 * Writes any thrown value: type, message, code, cause, errors and own fields. They are redacted and
 * bounded like other values.
 */
export function writeError(out: ObjectWriter, thrown: unknown): void {
  writeThrown(out, thrown, []);
}

function writeThrown(out: ObjectWriter, thrown: unknown, around: readonly unknown[]): void {
  if (!isObject(thrown)) {
    out.raw('type', '"Error"');
    writeMessage(out, quietly(() => String(thrown)) ?? '[function]');
    return;
  }
  const read = (key: string): unknown => quietly(() => asRecord(thrown)[key]);
  if (!out.string('type', typeOf(thrown, read), FIELD_BOUNDS.name)) out.raw('type', '"Error"');
  const message = read('message');
  const hasMessage = typeof message === 'string' || quietly(() => isError(thrown)) === true;
  if (hasMessage) writeMessage(out, typeof message === 'string' ? message : '');
  else writeWhole(out, thrown);
  writeDetails(out, thrown, read, around);
}

function writeMessage(out: ObjectWriter, message: string): void {
  out.text('message', message, SMALL, 'error.message');
}

/** An object without a message gets its JSON as the message. */
function writeWhole(out: ObjectWriter, thrown: object): void {
  const { json, marks } = out.capture.value(thrown, 'error', SMALL);
  out.text('message', json, SMALL, 'error.message');
  out.adopt(
    'message',
    marks.map((mark) => ({ ...mark, path: '' })),
  );
}

function typeOf(thrown: object, read: (key: string) => unknown): unknown {
  const named = [read('name'), read('type')].find(
    (name) => typeof name === 'string' && name !== '',
  );
  return named ?? quietly(() => tagOf(thrown)) ?? 'Error';
}

function writeDetails(
  out: ObjectWriter,
  thrown: object,
  read: (key: string) => unknown,
  around: readonly unknown[],
): void {
  const code = read('code');
  if (code !== undefined && code !== null) out.value('code', code, SMALL, 'error.code');
  const errors = read('errors');
  const hasList = itemsOf(errors, 1) !== undefined;
  const keys = otherKeys(thrown).filter((key) => key !== 'type');
  if (!hasList && isObject(errors)) keys.push('errors');
  if (keys.length > 0) {
    const props = Object.create(null) as Record<string, unknown>;
    for (const key of keys) Object.defineProperty(props, key, propertyOf(thrown, key));
    out.value('props', props, SMALL, 'error.props');
  }
  const inside = [...around, thrown];
  const isDeep = inside.length > FIELD_BOUNDS.errorCauses;
  writeCause(out, read('cause'), inside, isDeep);
  if (!hasList) return;
  if (isDeep) out.mark('errors', { kind: 'truncated', kept: inside.length, unit: 'depth' });
  else out.list('errors', errors, FIELD_BOUNDS.errors, writeInside(inside), boxed);
}

function writeCause(
  out: ObjectWriter,
  cause: unknown,
  inside: readonly unknown[],
  isDeep: boolean,
): void {
  if (cause === undefined || cause === null) return;
  if (inside.includes(cause)) out.mark('cause', { kind: 'circular' });
  else if (isDeep) out.mark('cause', { kind: 'truncated', kept: inside.length, unit: 'depth' });
  else out.object('cause', boxed(cause), writeInside(inside));
}

/** Wraps any thrown value in an object, because the writer of objects needs one. */
function boxed(thrown: unknown): object {
  return { thrown };
}

function writeInside(inside: readonly unknown[]) {
  return (out: ObjectWriter, { thrown }: Source): boolean => {
    writeThrown(out, thrown, inside);
    return true;
  };
}

/** A getter, so that a property that throws costs only itself. */
function propertyOf(thrown: object, key: string): PropertyDescriptor {
  return { enumerable: true, get: () => asRecord(thrown)[key] };
}
