import type { ComparedStep, RuleDifference } from '@xray/core';
import { pointerText } from '@/components/json/json-rows';
import { valueTexts } from '@/components/rules/rule-reading';

/** Where and in what two executions differ first, in the fewest words. */
export interface DifferenceText {
  step: string;
  /** What it is about: a rule, a candidate, a value's path; null for the step itself. */
  subject: string | null;
  what: string;
}

export function differenceText(compared: ComparedStep): DifferenceText {
  const { kind, a, b, rules, candidates, changes } = compared;
  const ref = a ?? b;
  const step = ref === null ? 'a step' : `step ${ref.sequence} · ${ref.name}`;
  const said = (subject: string | null, what: string): DifferenceText => ({ step, subject, what });
  if (kind === 'removed') return said(null, 'only in a');
  if (kind === 'added') return said(null, 'only in b');
  if (a !== null && b !== null && a.status !== b.status) {
    return said(null, `${a.status} → ${b.status}`);
  }
  const rule = rules.find(({ fields }) => fields.includes('result')) ?? rules[0];
  if (rule !== undefined) return said(rule.rule, ruleDifferenceText(rule));
  const moved = candidates?.moved[0];
  if (moved !== undefined) {
    return said(moved.id, `${moved.a.outcome ?? '–'} → ${moved.b.outcome ?? '–'}`);
  }
  if (candidates !== null && candidates.out.a !== candidates.out.b) {
    return said('candidates out', `${candidates.out.a ?? '–'} → ${candidates.out.b ?? '–'}`);
  }
  const change = changes[0];
  if (change !== undefined) {
    return said(pointerText(change.path) || null, valueTexts([change.a, change.b]).join(' → '));
  }
  if (kind === 'moved') return said(null, 'stands at another place');
  return said(null, candidates === null ? 'differs' : 'other candidates');
}

/** `0.41 → 0.47`, with the result where it turned, or that the rule is on one side alone. */
function ruleDifferenceText({ kind, fields, a, b }: RuleDifference): string {
  if (kind === 'removed') return 'only in a';
  if (kind === 'added') return 'only in b';
  const values = (field: 'actual' | 'threshold') => {
    const texts = valueTexts([a?.[field], b?.[field]]);
    return [a, b]
      .map((side, index) => [texts[index], side?.unit].filter(Boolean).join(' '))
      .join(' → ');
  };
  const told: string[] = [];
  if (fields.includes('result')) told.push(`${a?.result ?? '–'} → ${b?.result ?? '–'}`);
  if (fields.includes('actual')) told.push(values('actual'));
  if (fields.includes('threshold')) {
    told.push(`threshold ${values('threshold')}`);
  }
  return told.length > 0 ? told.join(', ') : fields.join(', ');
}
