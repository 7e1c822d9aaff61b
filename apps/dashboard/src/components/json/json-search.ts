import type { Json } from '@xray/core';
import { escapePointer, groupIdsTo, isJsonLeaf, isJsonObject } from './json-rows';

/** Nobody steps through more matches, so the search ends there. */
export const MAX_MATCHES = 10_000;

/**
 * Pointers of keys and leaf values that contain the text, ignoring case, in the order of the tree.
 * At most MAX_MATCHES; none for an empty text.
 */
export function searchJson(root: Json, basePointer: string, text: string): string[] {
  const needle = text.trim().toLowerCase();
  if (needle === '') return [];
  const found: string[] = [];
  // This is not recursive, because a recorded value may be nested very deeply.
  const open = [entriesOf(root, basePointer)];
  if (isJsonLeaf(root) && holds(root, needle)) found.push(basePointer);
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const next = level.next();
    if (next.done === true) {
      open.pop();
      continue;
    }
    const { key, pointer, value } = next.value;
    const isFound =
      (typeof key === 'string' && key.toLowerCase().includes(needle)) ||
      (isJsonLeaf(value) && holds(value, needle));
    if (isFound && found.push(pointer) >= MAX_MATCHES) break;
    if (!isJsonLeaf(value)) open.push(entriesOf(value, pointer));
  }
  return found;
}

function* entriesOf(
  value: Json,
  pointer: string,
): Generator<{ key: string | number; pointer: string; value: Json }> {
  if (Array.isArray(value)) {
    for (const [index, child] of value.entries()) {
      yield { key: index, pointer: `${pointer}/${index}`, value: child };
    }
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      yield { key, pointer: `${pointer}/${escapePointer(key)}`, value: value[key] ?? null };
    }
  }
}

function holds(value: Json, needle: string): boolean {
  return String(value).toLowerCase().includes(needle);
}

/** Ids of all nodes that must be open to show the row of `pointer` and its full text. */
export function idsToOpen(root: Json, basePointer: string, pointer: string): string[] {
  const ids = [basePointer];
  let [value, at]: [Json, string] = [root, basePointer];
  for (const part of pointer.slice(basePointer.length).split('/').slice(1)) {
    const child = childAt(value, part);
    if (child === null) break;
    ids.push(...groupIdsTo(at, child.size, child.index));
    at = `${at}/${part}`;
    ids.push(at);
    value = child.value;
  }
  return ids;
}

/** `part` is a key in the form of a JSON pointer. */
function childAt(value: Json, part: string): { index: number; size: number; value: Json } | null {
  if (Array.isArray(value)) {
    const index = Number(part);
    return { index, size: value.length, value: value[index] ?? null };
  }
  if (!isJsonObject(value)) return null;
  const keys = Object.keys(value);
  const index = keys.findIndex((key) => escapePointer(key) === part);
  return { index, size: keys.length, value: value[keys[index] ?? ''] ?? null };
}
