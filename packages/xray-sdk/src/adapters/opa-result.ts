import { asRecord, isObject } from '../source.js';
import type { CheckDetails } from '../step.js';

/** The meaning of a policy's result. */
export interface PolicyOutcome {
  /** The outcome as a word. */
  readonly text: string;
  /** `undefined`: the result does not say. */
  readonly isAllowed: boolean | undefined;
}

/** A denial in the usual forms: a message, or an object with a code, a message or a rule. */
export type Denial = CheckDetails & { readonly rule: string };

/**
 * Reads the common shapes of results, as the server reads OPA's decision logs: a boolean, or an
 * object with `allow`, `outcome` or `decision`.
 */
export function outcomeOf(result: unknown): PolicyOutcome {
  if (result === undefined) return { text: 'undefined', isAllowed: undefined };
  if (typeof result === 'boolean') return allowed(result);
  if (!isObject(result)) return { text: 'evaluated', isAllowed: undefined };
  const { allow, outcome, decision } = asRecord(result);
  const named = [outcome, decision].find((each) => typeof each === 'string' && each !== '');
  if (typeof named === 'string') {
    return { text: named, isAllowed: typeof allow === 'boolean' ? allow : undefined };
  }
  if (typeof allow === 'boolean') return allowed(allow);
  // Policies in Conftest's manner have no other result than their denials.
  const isDenying = ['deny', 'violation'].some((name) => name in result);
  return isDenying
    ? allowed(denialsOf(result).length === 0)
    : { text: 'evaluated', isAllowed: undefined };
}

function allowed(isAllowed: boolean): PolicyOutcome {
  return { text: isAllowed ? 'allow' : 'deny', isAllowed };
}

export function denialsOf(result: unknown): Denial[] {
  if (!isObject(result)) return [];
  const { deny, violation, reasons } = asRecord(result);
  const [list = []] = [deny, violation, reasons].filter(
    (each): each is unknown[] => Array.isArray(each) && each.length > 0,
  );
  return list.flatMap((each) => denialOf(each) ?? []);
}

function denialOf(denial: unknown): Denial | undefined {
  if (typeof denial === 'string') {
    // A message is not a code, which must be short and stable.
    const isCode = /^[\w.:-]{1,64}$/.test(denial);
    return isCode
      ? { rule: denial, reason: denial }
      : { rule: 'deny', reason: 'DENY', text: denial };
  }
  if (!isObject(denial)) return undefined;
  const { code, rule, id, msg, message, field, op, actual, threshold } = asRecord(denial);
  const [name = 'deny'] = [rule, id, code].filter((each) => typeof each === 'string');
  const [text] = [msg, message].filter((each) => typeof each === 'string');
  return {
    rule: name as string,
    reason: typeof code === 'string' ? code : (name as string),
    ...(typeof text === 'string' ? { text } : {}),
    ...(typeof field === 'string' ? { field } : {}),
    ...(typeof op === 'string' ? { op } : {}),
    ...(actual === undefined ? {} : { actual }),
    ...(threshold === undefined ? {} : { threshold }),
  };
}
