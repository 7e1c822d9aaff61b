import type { Json } from '@xray/core';
import { isObject, jsonOf } from './values.js';

/** Keys that hold a decision, in the order of their trust. */
const KEYS = ['decision', 'outcome', 'verdict', 'label', 'action', 'approved'];
/** An outcome is a word or two, not an explanation. */
const MAX_OUTCOME = 40;
const MAX_DEPTH = 8;

/** An outcome, and the path at which it was read. */
export interface Found {
  outcome: string;
  at: string;
}

/** Looks for a decision in a value, through message lists, parts, tool arguments and code fences. */
export function outcomeIn(value: Json, at: string, depth = 0): Found | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const plain = typeof value === 'string' ? jsonOf(unfenced(value)) : value;
  if (Array.isArray(plain)) {
    // The last message or part has the last word.
    for (let index = plain.length - 1; index >= 0; index--) {
      const entry = plain[index];
      if (entry === undefined || isQuestion(entry)) continue;
      const found = outcomeIn(entry, `${at}[${index}]`, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isObject(plain)) return undefined;
  const fields = plain as Record<string, Json>;
  for (const key of KEYS) {
    const outcome = outcomeText(key, fields[key]);
    if (outcome !== undefined) return { outcome, at: `${at}.${key}` };
  }
  for (const [key, member] of Object.entries(fields)) {
    if (member === null || (typeof member !== 'object' && typeof member !== 'string')) continue;
    const found = outcomeIn(member, `${at}.${key}`, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The outcome in an attribute by the last part of its name: `loan.decision`. */
export function outcomeAttribute(name: string, value: Json): string | undefined {
  const key = name.split('.').at(-1) ?? '';
  const isDecision = KEYS.includes(key) && key !== 'label' && key !== 'action';
  return isDecision && name.includes('.') ? outcomeText(key, value) : undefined;
}

function outcomeText(key: string, value: Json | undefined): string | undefined {
  if (typeof value === 'boolean') {
    if (key === 'approved') return value ? 'approved' : 'not_approved';
    return key === 'decision' || key === 'outcome' || key === 'verdict' ? String(value) : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text !== '' && text.length <= MAX_OUTCOME && !/[\n{[]/.test(text) ? text : undefined;
}

/** Messages of the user, the system and tools hold no decision of the program. */
function isQuestion(entry: Json): boolean {
  if (!isObject(entry)) return false;
  const { role, type } = entry;
  const speaker = String(role ?? type ?? '').toLowerCase();
  return ['user', 'system', 'tool', 'human', 'developer', 'tool_call_response'].includes(speaker);
}

function unfenced(text: string): string {
  return /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text)?.[1] ?? text;
}
