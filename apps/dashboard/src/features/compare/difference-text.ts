import type { CandidateDifference, ComparedStep, RuleDifference } from '@xray/core';
import { leadOf } from '@xray/core/diff-lead';
import { pointerText } from '@/components/json/json-rows';
import { valueTexts } from '@/components/rules/rule-reading';
import { asRecorded, type Names } from '@/lib/dictionary';

/** The place and the content of a difference, in a few words. */
export interface DifferenceText {
  step: string;
  /** The rule, candidate or path of the value; null for the step itself. */
  subject: string | null;
  what: string;
}

export function differenceText(compared: ComparedStep, names: Names = asRecorded): DifferenceText {
  const { a, b } = compared;
  const ref = a ?? b;
  const step = ref === null ? 'a step' : `step ${ref.sequence} · ${names('steps', ref.name)}`;
  const difference = (subject: string | null, what: string): DifferenceText => ({
    step,
    subject,
    what,
  });
  const lead = leadOf(compared);
  switch (lead.kind) {
    case 'only':
      return difference(null, `only in ${lead.side}`);
    case 'status':
      return difference(null, `${a?.status ?? '–'} → ${b?.status ?? '–'}`);
    case 'rule':
      return difference(names('rules', lead.rule.rule), ruleDifferenceText(lead.rule));
    case 'candidate': {
      const { id, a: before, b: after } = lead.candidate;
      return difference(id, `${before.outcome ?? '–'} → ${after.outcome ?? '–'}`);
    }
    case 'candidates':
      return candidatesText(lead.candidates, difference);
    case 'value':
      return difference(
        pointerText(lead.change.path) || null,
        valueTexts([lead.change.a, lead.change.b]).join(' → '),
      );
    case 'rules_reordered':
      return difference(null, 'the rules are in a different order');
    case 'moved':
      return difference(null, 'is at a different position');
    default:
      return difference(null, 'differs');
  }
}

function candidatesText(
  { out }: CandidateDifference,
  said: (subject: string | null, what: string) => DifferenceText,
): DifferenceText {
  return out.a === out.b
    ? said(null, 'different candidates')
    : said('candidates out', `${out.a ?? '–'} → ${out.b ?? '–'}`);
}

/** `0.41 → 0.47`, with the result if it changed, or that only one side has the rule. */
function ruleDifferenceText({ kind, fields, a, b }: RuleDifference): string {
  if (kind === 'removed') return 'only in a';
  if (kind === 'added') return 'only in b';
  const values = (field: 'actual' | 'threshold') => {
    const texts = valueTexts([a?.[field], b?.[field]]);
    return [a, b]
      .map((side, index) => [texts[index], side?.unit].filter(Boolean).join(' '))
      .join(' → ');
  };
  const changes: string[] = [];
  if (fields.includes('result')) changes.push(`${a?.result ?? '–'} → ${b?.result ?? '–'}`);
  if (fields.includes('actual')) changes.push(values('actual'));
  if (fields.includes('threshold')) {
    changes.push(`threshold ${values('threshold')}`);
  }
  return changes.length > 0 ? changes.join(', ') : fields.join(', ');
}
