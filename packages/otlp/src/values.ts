import { isExactNumber, parseJson, type Json } from '@xray/core';
import type { Attributes, Change } from './telemetry.js';

/** The longest text of an attribute, in UTF-16 units. */
const MAX_TEXT = 64 * 1024;
/** A longer array of numbers is an embedding vector, which nobody reads. */
const MAX_NUMBERS = 64;
const MAX_ATTRIBUTES = 256;
/** The entries of flattened lists (`llm.input_messages.0.…`): a list counts as one attribute, its entries here. */
const MAX_ENTRIES = 4096;
/** Nested values are cut below this depth. */
const MAX_DEPTH = 64;

/** The kinds of value that OTLP's AnyValue can hold. */
const ANY_KINDS = [
  'stringValue',
  'boolValue',
  'intValue',
  'doubleValue',
  'arrayValue',
  'kvlistValue',
  'bytesValue',
] as const;
type AnyKind = (typeof ANY_KINDS)[number];

function isAnyKind(name: string): name is AnyKind {
  return (ANY_KINDS as readonly string[]).includes(name);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value)
  );
}

/** Replaces characters that the store cannot hold: U+0000 and half pairs. */
export function cleanText(text: string): string {
  const noNul = text.includes('\u0000') ? text.replaceAll('\u0000', '\uFFFD') : text;
  return noNul.isWellFormed() ? noNul : noNul.toWellFormed();
}

/** Reads values and notes what had to change. */
export class ValueReader {
  readonly changes: Change[] = [];
  #key = '';

  text(key: string, text: unknown): string {
    if (typeof text !== 'string') return '';
    this.#key = key;
    return this.#text(text);
  }

  /** @returns undefined when the list of attributes is no list. */
  attributes(list: unknown): Attributes | undefined {
    if (list === undefined || list === null) return {};
    if (!Array.isArray(list)) return undefined;
    const entries = new Map<string, Json>();
    const counted = new Set<string>();
    let dropped = 0;
    for (const entry of list as unknown[]) {
      if (!isObject(entry)) continue;
      const { key: rawKey, value } = entry;
      if (typeof rawKey !== 'string') continue;
      const key = cleanText(rawKey);
      counted.add(key.replace(/\.\d+\..*$/s, ''));
      if (counted.size > MAX_ATTRIBUTES || entries.size >= MAX_ENTRIES) {
        dropped++;
        continue;
      }
      this.#key = key;
      entries.set(key, this.value(value));
    }
    if (dropped > 0) {
      const kept = entries.size;
      this.#note({ kind: 'dropped', key: '*', original: kept + dropped, kept, unit: 'items' });
    }
    // Own members, `__proto__` too.
    return Object.fromEntries(entries);
  }

  /** The plain value of an AnyValue. A key twice: the last. */
  value(any: unknown, depth = 0): Json {
    if (!isObject(any)) return null;
    if (depth > MAX_DEPTH) return this.#coerced(null);
    // Own members only: protobufjs puts defaults on the prototype.
    for (const [kind, value] of Object.entries(any)) {
      if (value === null) continue;
      if (isAnyKind(kind)) return this.#read(kind, value, depth);
    }
    return null;
  }

  #read(kind: AnyKind, value: unknown, depth: number): Json {
    switch (kind) {
      case 'stringValue':
        return this.#text(String(value));
      case 'boolValue':
        return value === true;
      case 'intValue':
        return this.#int(value);
      case 'doubleValue':
        return this.#double(value);
      case 'arrayValue':
        return this.#array(valuesOf(value), depth);
      case 'kvlistValue':
        return Object.fromEntries(
          valuesOf(value).flatMap((entry) => {
            if (!isObject(entry) || typeof entry.key !== 'string') return [];
            return [[cleanText(entry.key), this.value(entry.value, depth + 1)] as const];
          }),
        );
      case 'bytesValue':
        return value instanceof Uint8Array ? base64(value) : this.#text(String(value));
    }
  }

  #array(values: unknown[], depth: number): Json {
    const plain = values.map((value) => this.value(value, depth + 1));
    if (plain.length <= MAX_NUMBERS || !plain.every((value) => typeof value === 'number')) {
      return plain;
    }
    this.#note({
      kind: 'dropped',
      key: this.#key,
      original: plain.length,
      kept: 0,
      unit: 'items',
    });
    return null;
  }

  #text(text: string): string {
    const clean = cleanText(text);
    if (clean !== text || clean.includes('\uFFFD')) this.#coerced(null);
    if (clean.length <= MAX_TEXT) return clean;
    const kept = clean.slice(0, MAX_TEXT).replace(/[\uD800-\uDBFF]$/, '');
    const [original, keptBytes] = [byteLength(clean), byteLength(kept)];
    this.#note({ kind: 'truncated', key: this.#key, original, kept: keptBytes, unit: 'bytes' });
    return kept;
  }

  #int(value: unknown): Json {
    const text = String(value);
    const number = Number(text);
    if (Number.isSafeInteger(number)) return number;
    return /^-?\d{1,20}$/.test(text) ? text : this.#coerced(null);
  }

  #double(value: unknown): Json {
    const number = Number(isExactNumber(value) ? value.valueOf() : value);
    return Number.isFinite(number) ? number : this.#coerced(null);
  }

  #coerced(value: Json): Json {
    this.#note({ kind: 'coerced', key: this.#key });
    return value;
  }

  #note(change: Change): void {
    const isKnown = this.changes.some(
      ({ kind, key }) => kind === change.kind && key === change.key,
    );
    if (!isKnown && this.changes.length < 64) this.changes.push(change);
  }
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

const encoder = new TextEncoder();

export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

function valuesOf(list: unknown): unknown[] {
  return isObject(list) ? listOf(list.values) : [];
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** A text that is JSON becomes its value; any other text stays. Python's `repr` is no JSON. */
export function jsonOf(value: Json): Json {
  if (typeof value !== 'string' || !/^\s*[[{"]/.test(value)) return value;
  try {
    return parseJson(value);
  } catch {
    return value;
  }
}
