import { concat, textOf, utf8 } from './bytes.js';
import type { Commitment } from './seal.js';
import { isLeafList } from './leaf-list.js';

/** An entry is the commitment to a record (65 bytes), or a control entry: JSON, readable by anybody. */

export interface RecordEntry extends Commitment {
  type: 'record';
  isFinal: boolean;
}

export type ErasureCause = 'retention' | 'subject' | 'execution' | 'before';

/** Times are ISO 8601. No control entry holds an id of an execution or a word of a record. */
export type ControlEntry =
  /** The first entry of a log. `previous` is the last checkpoint of a log that this one replaces. */
  | { type: 'log'; app: string; origin: string; previous?: string }
  /** Stands before its records. `oldest` is the earliest time at which one of them was received. */
  | { type: 'batch'; at: string; records: number; oldest: string }
  /** The retention rules and holds from here on. Without an environment they are for all of the app. */
  | { type: 'rules'; at: string; retention: RetentionRule[]; holds: Scope[] }
  | {
      type: 'erased';
      at: string;
      why: ErasureCause;
      /** With `retention`. */
      rule?: RetentionRule;
      /** The number of the audit entry that says who and why. */
      audit?: string;
      /** `12,40-71` */
      leaves: string;
    }
  /** The server removed a part of the record at `from`, and sealed what is left at `to`. */
  | { type: 'redacted'; at: string; from: number; to: number; audit?: string }
  /** A restored backup has these records no more. */
  | { type: 'lost'; at: string; leaves: string }
  /** The next key. Signed by the key before, because the checkpoint over this entry is. */
  | { type: 'key'; at: string; vkey: string }
  /** `sha256` is of the receipt, in hex. */
  | { type: 'anchor'; at: string; size: number; kind: string; sha256: string }
  | { type: 'account'; at: string; writers: unknown[] };

export interface Scope {
  environment?: string;
  pipeline?: string;
}

export interface RetentionRule extends Scope {
  days: number;
}

export type Entry = RecordEntry | ControlEntry;

const FINAL = 1;
const RUNNING = 2;
const RECORD_BYTES = 65;
const BRACE = 0x7b;

export function writeEntry(entry: Entry): Uint8Array {
  if (entry.type !== 'record') return utf8(JSON.stringify(entry));
  const kind = Uint8Array.of(entry.isFinal ? FINAL : RUNNING);
  return concat(kind, entry.name, entry.content);
}

/** Undefined if the bytes are no entry of a known form. */
export function readEntry(bytes: Uint8Array): Entry | undefined {
  if (bytes[0] === BRACE) return readControl(bytes);
  const isFinal = bytes[0] === FINAL;
  if (bytes.length !== RECORD_BYTES || (!isFinal && bytes[0] !== RUNNING)) return undefined;
  return { type: 'record', isFinal, name: bytes.slice(1, 33), content: bytes.slice(33) };
}

function readControl(bytes: Uint8Array): ControlEntry | undefined {
  const text = textOf(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
  return isControl(value) ? value : undefined;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isTime: Check = (value) => typeof value === 'string' && Number.isFinite(Date.parse(value));
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isLeaves: Check = (value) => typeof value === 'string' && isLeafList(value);
const isCause: Check = (value) =>
  ['retention', 'subject', 'execution', 'before'].some((cause) => cause === value);
const isList: Check = (value) => Array.isArray(value);
const isScope: Check = (value) => isObject(value) && areOptional(value, 'environment', 'pipeline');
const isRule: Check = (value) => isObject(value) && isScope(value) && isCount(value.days);
const areRules: Check = (value) => Array.isArray(value) && value.every(isRule);
const areScopes: Check = (value) => Array.isArray(value) && value.every(isScope);

function areOptional(value: Record<string, unknown>, ...members: string[]): boolean {
  return members.every((member) => value[member] === undefined || isText(value[member]));
}

const MEMBERS: Record<ControlEntry['type'], Record<string, Check>> = {
  log: { app: isText, origin: isText },
  batch: { at: isTime, records: isCount, oldest: isTime },
  rules: { at: isTime, retention: areRules, holds: areScopes },
  erased: { at: isTime, why: isCause, leaves: isLeaves },
  redacted: { at: isTime, from: isCount, to: isCount },
  lost: { at: isTime, leaves: isLeaves },
  key: { at: isTime, vkey: isText },
  anchor: { at: isTime, size: isCount, kind: isText, sha256: isText },
  account: { at: isTime, writers: isList },
};

function isControl(value: unknown): value is ControlEntry {
  if (!isObject(value) || typeof value.type !== 'string') return false;
  const members = Object.entries(MEMBERS).find(([type]) => type === value.type)?.[1];
  if (!members) return false;
  if (!Object.entries(members).every(([name, check]) => check(value[name]))) return false;
  if (value.type === 'log') return areOptional(value, 'previous');
  return value.type !== 'erased' || value.rule === undefined || isRule(value.rule);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
