import type { Explanation } from './answers.js';
import type { TermKind, Terms } from './terms.js';

const NAMED: Record<string, TermKind> = {
  rule: 'rules',
  field: 'fields',
  factor: 'fields',
  unit: 'units',
  reason: 'reasons',
};
const VALUES = new Set([
  'actual',
  'threshold',
  'value',
  'needs',
  'versions',
  'models',
  'byOutcome',
]);

/**
 * Replaces the codes of an explanation by names. Each name is followed by its code, because the record
 * holds the code.
 */
export function nameExplanation(explanation: Explanation, terms: Terms): Explanation {
  const named = (kind: TermKind, code: string): string => {
    const name = terms.known(kind, code);
    return name === undefined || name === code ? code : `${name} (${code})`;
  };
  const maybe = (kind: TermKind, code: string | null): string | null =>
    code === null ? null : named(kind, code);
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (!isRecord(value)) return value;
    const isStep = typeof value.sequence === 'number' && typeof value.name === 'string';
    return Object.fromEntries(
      Object.entries(value).map(([member, inner]) => {
        if (isStep && member === 'name') return [member, named('steps', String(inner))];
        if (NAMED[member] !== undefined && typeof inner === 'string') {
          return [member, named(NAMED[member], inner)];
        }
        if (member === 'rules' && Array.isArray(inner)) {
          return [
            member,
            inner.map((rule: unknown) =>
              typeof rule === 'string' ? named('rules', rule) : walk(rule),
            ),
          ];
        }
        // Values of the record are not replaced.
        return [member, VALUES.has(member) ? inner : walk(inner)];
      }),
    );
  };
  const walked = walk(explanation) as Explanation;
  return {
    ...walked,
    pipeline: named('pipelines', explanation.pipeline),
    outcome: maybe('outcomes', explanation.outcome),
    reasons: walked.reasons.map((reason, place) => ({
      ...reason,
      code: named('reasons', explanation.reasons[place]?.code ?? reason.code),
    })),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
