import { z } from 'zod';
import type { ExplainedReason, Explanation, RuleChange, RuleEvidence } from './answers.js';
import type { LinkedFrom } from './api.js';
import { OPERATORS_IN_WORDS, UNKNOWN_FLIP_TEXT } from './explanation-text.js';
import { evaluationsOf } from './rule-evaluations.js';
import { languageSchema } from './language.js';
import { operatorOf, type Operator } from './rule-test.js';
import type { Json, Snapshot } from './snapshot.js';
import { stepsInOrder } from './step-order.js';
import { languagesFrom, type Terms } from './terms.js';
import { quoted, valueText } from './wording.js';

/** A creditor need not give more reasons: Regulation B, 12 CFR 1002.9(b)(2), official interpretation. */
export const MAX_LETTER_REASONS = 4;
const MAX_LOOKED_AT = 20;

export const letterQuerySchema = z.object({
  lang: languageSchema.optional(),
  format: z.enum(['html', 'text', 'md']).default('html'),
});
export type LetterQuery = z.infer<typeof letterQuerySchema>;

/** The fields of a letter's template, with their meaning. Those with a list are sections. */
export const LETTER_FIELDS = {
  date: 'the date of the decision, in words',
  isoDate: 'the same as YYYY-MM-DD',
  app: 'the app',
  pipeline: 'the name of the pipeline',
  outcome: 'the name of the outcome',
  executionId: 'the reference of the decision',
  subjects: 'section: the people or things decided about, each with type and id',
  type: 'in subjects: the type',
  id: 'in subjects: the id',
  reasons:
    'section: at most four principal reasons, each with number, name, code, description, text',
  number: 'in reasons: 1 to 4',
  name: 'in reasons and lookedAt: the name',
  code: 'in reasons and lookedAt: the raw code',
  description: 'in reasons and lookedAt: the description, if the dictionary has one',
  text: 'in reasons: the text in the record, if it has one',
  lookedAt: 'section: what was looked at, each with name, code, value, description',
  value: 'in lookedAt: the recorded value with its unit',
  changes: 'section: what would have changed the decision, each with rule, field, needed, was',
  rule: 'in changes: the name of the rule',
  field: 'in changes: the name of the field',
  needed: 'in changes: the value that was needed, with its operator in words',
  was: 'in changes: the recorded value',
  needsAll: 'section: all of the changes together are needed',
  noChange: 'section: the record does not show what would have changed it',
  why: 'in noChange: the cause',
  review: 'how to have the decision reviewed',
} as const;

/** The values for a template. A template can use no others. */
export interface LetterFields {
  language: string;
  date: string;
  isoDate: string;
  app: string;
  pipeline: string;
  outcome: string;
  executionId: string;
  subjects: { type: string; id: string }[];
  reasons: {
    number: number;
    name: string;
    code: string;
    description: string;
    text: string;
  }[];
  lookedAt: { name: string; code: string; value: string; description: string }[];
  changes: { rule: string; field: string; needed: string; was: string }[];
  needsAll: boolean;
  noChange: { why: string } | false;
  review: string;
}

export type LetterRefusal =
  | 'not_finished'
  | 'no_decision'
  | 'not_adverse'
  | 'no_reasons'
  | 'unsupported_reason'
  | 'replaced';

export type Letter =
  | { ok: true; fields: LetterFields }
  | {
      ok: false;
      code: LetterRefusal;
      message: string;
      /** The indexes of the decision's reasons that the record does not support. */
      reasons: { place: number; support: ExplainedReason['support'] }[];
    };

const REPLACING = new Set(['review_of', 'overrides', 'retry_of']);

/**
 * Returns the values of a letter about an adverse decision, or why the record does not support a letter.
 */
export function letterOf(
  snapshot: Snapshot,
  explanation: Explanation,
  { terms, linkedFrom, receivedAt }: { terms: Terms; linkedFrom: LinkedFrom[]; receivedAt: string },
): Letter {
  const refuse = (
    code: LetterRefusal,
    message: string,
    reasons: (Letter & { ok: false })['reasons'] = [],
  ): Letter => ({ ok: false, code, message, reasons });
  const { outcome, adverse } = explanation;
  if (explanation.status === 'running') {
    return refuse(
      'not_finished',
      'The execution has not finished, so the decision can still change.',
    );
  }
  if (outcome === null) return refuse('no_decision', 'The record states no decision.');
  const replacing = linkedFrom.findLast(
    (link) => REPLACING.has(link.relation) && link.outcome !== null,
  );
  if (replacing !== undefined) {
    return refuse(
      'replaced',
      `Execution ${replacing.executionId} replaced this decision with "${quoted(replacing.outcome ?? '')}". Write the letter about that execution.`,
    );
  }
  if (adverse !== true) {
    return refuse(
      'not_adverse',
      adverse === false
        ? 'The record says that this decision is not adverse. The letter is for adverse decisions.'
        : 'The record does not say whether this decision is adverse. Record `adverse: true` with adverse decisions.',
    );
  }
  const principal = explanation.reasons.slice(0, MAX_LETTER_REASONS);
  if (principal.length === 0) {
    return refuse(
      'no_reasons',
      'The record gives no reason for the decision. A letter needs at least one.',
    );
  }
  const unsupported = principal.flatMap(({ support, code }, place) =>
    support === 'evidenced' ? [] : [{ place, support, code }],
  );
  if (unsupported.length > 0) {
    return refuse(
      'unsupported_reason',
      `The record does not support every principal reason. ${unsupported.map(unsupportedText).join(' ')} Record the rule that failed, or the value behind the reason.`,
      unsupported.map(({ place, support }) => ({ place, support })),
    );
  }
  return { ok: true, fields: fieldsOf(snapshot, explanation, terms, receivedAt) };
}

function unsupportedText({ code, support }: Pick<ExplainedReason, 'code' | 'support'>): string {
  const name = quoted(code);
  return support === 'contradicted'
    ? `The record speaks against "${name}": its rule passed, or its values do not give the recorded result.`
    : `Nothing in the record supports "${name}": no rule that was evaluated, no recorded value and no rejected candidate.`;
}

function fieldsOf(
  snapshot: Snapshot,
  explanation: Explanation,
  terms: Terms,
  receivedAt: string,
): LetterFields {
  const { language } = terms;
  const decidedAt = snapshot.endedAt ?? snapshot.startedAt ?? receivedAt;
  const { unknown, changes, need } = explanation.nearMiss;
  return {
    language,
    date: dateText(decidedAt, language),
    isoDate: new Date(decidedAt).toISOString().slice(0, 10),
    app: snapshot.appId,
    pipeline: terms.name('pipelines', explanation.pipeline),
    outcome: terms.name('outcomes', explanation.outcome ?? ''),
    executionId: explanation.executionId,
    subjects: explanation.subjects,
    reasons: explanation.reasons.slice(0, MAX_LETTER_REASONS).map(({ code, text }, place) => ({
      number: place + 1,
      name: terms.name('reasons', code),
      code,
      description: terms.description('reasons', code) ?? '',
      text: text ?? '',
    })),
    lookedAt: lookedAt(snapshot, explanation, terms),
    changes: unknown === null ? changes.map((change) => changeFields(change, terms)) : [],
    needsAll: unknown === null && need === 'all' && changes.length > 1,
    noChange: unknown === null ? false : { why: UNKNOWN_FLIP_TEXT[unknown] },
    review:
      terms.text('review') ?? wordsIn(language).review.replace('{id}', explanation.executionId),
  };
}

/** The fields of evaluated rules and the factors of reasons, each once with its value. */
function lookedAt(
  snapshot: Snapshot,
  explanation: Explanation,
  terms: Terms,
): LetterFields['lookedAt'] {
  const seen = new Map<string, LetterFields['lookedAt'][number]>();
  const add = (
    kind: 'fields' | 'rules',
    code: string,
    value: Json | undefined,
    unit: string | null,
  ): void => {
    if (value === undefined || seen.has(code)) return;
    seen.set(code, {
      name: terms.name(kind, code),
      code,
      value: withUnit(value, unit, terms),
      description: terms.description(kind, code) ?? '',
    });
  };
  // A rule can name its value without the field that it comes from.
  const addRule = ({ field, rule, actual, unit }: RuleEvidence): void =>
    add(field === null ? 'rules' : 'fields', field ?? rule, actual, unit);
  for (const { evidence } of explanation.reasons) {
    for (const one of evidence) {
      if (one.kind === 'factor') add('fields', one.factor, one.value, null);
      if (one.kind === 'rule') addRule(one);
    }
  }
  for (const { evidence } of evaluationsOf(stepsInOrder(snapshot)).inForce) {
    const { of, result } = evidence;
    if (of === 'decision' && (result === 'pass' || result === 'fail')) addRule(evidence);
  }
  return [...seen.values()].slice(0, MAX_LOOKED_AT);
}

function changeFields(change: RuleChange, terms: Terms): LetterFields['changes'][number] {
  const { rule, field, actual, needs, unit } = change;
  const operator = needs && operatorOf(needs.op);
  const words = wordsIn(terms.language);
  return {
    rule: terms.name('rules', rule),
    field: field === null ? terms.name('rules', rule) : terms.name('fields', field),
    needed:
      needs === null
        ? words.anotherValue
        : `${operator ? words.operators[operator] : quoted(needs.op)} ${withUnit(needs.value, unit, terms)}`,
    was: actual === undefined ? words.notRecorded : withUnit(actual, unit, terms),
  };
}

function withUnit(value: Json, unit: string | null, terms: Terms): string {
  return valueText(value, unit && terms.name('units', unit));
}

/** Formats a date in UTC, because the record does not say where the person lives. */
function dateText(instant: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(
    new Date(instant),
  );
}

interface LetterWords {
  operators: Record<Operator, string>;
  anotherValue: string;
  notRecorded: string;
  review: string;
  template: string;
}

const ENGLISH: LetterWords = {
  operators: OPERATORS_IN_WORDS,
  anotherValue: 'another value',
  notRecorded: 'not recorded',
  review:
    'You can ask for a review by a person. Reply to this letter and quote the reference {id}.',
  template: `# About our decision

{{date}}

Reference: {{executionId}}{{#subjects}}, {{type}} {{id}}{{/subjects}}

We have decided on your request ({{pipeline}}). The decision of {{date}} is: **{{outcome}}**.

## Main reasons

{{#reasons}}
{{number}}. **{{name}}**{{#description}}: {{description}}{{/description}}{{#text}} ({{text}}){{/text}}
{{/reasons}}

## What we looked at

{{#lookedAt}}
- {{name}}: {{value}}
{{/lookedAt}}
{{^lookedAt}}
The record lists no single values.
{{/lookedAt}}

## What would have changed the decision

{{#needsAll}}
All of these together, with everything else unchanged:

{{/needsAll}}
{{#changes}}
- {{field}}: {{needed}} instead of {{was}}
{{/changes}}
{{#noChange}}
We cannot name a single change that would have led to another decision.
{{/noChange}}

## How to have this decision reviewed

{{review}}
`,
};

const GERMAN: LetterWords = {
  operators: {
    '>=': 'mindestens',
    '>': 'mehr als',
    '<=': 'höchstens',
    '<': 'weniger als',
    '==': 'gleich',
    '!=': 'nicht',
    in: 'eines von',
    'not in': 'keines von',
  },
  anotherValue: 'ein anderer Wert',
  notRecorded: 'nicht aufgezeichnet',
  review:
    'Sie können verlangen, dass ein Mensch die Entscheidung prüft. Antworten Sie auf diesen Brief und nennen Sie das Zeichen {id}.',
  template: `# Zu unserer Entscheidung

{{date}}

Zeichen: {{executionId}}{{#subjects}}, {{type}} {{id}}{{/subjects}}

Wir haben über Ihre Anfrage entschieden ({{pipeline}}). Die Entscheidung vom {{date}} lautet: **{{outcome}}**.

## Die wichtigsten Gründe

{{#reasons}}
{{number}}. **{{name}}**{{#description}}: {{description}}{{/description}}{{#text}} ({{text}}){{/text}}
{{/reasons}}

## Was wir betrachtet haben

{{#lookedAt}}
- {{name}}: {{value}}
{{/lookedAt}}
{{^lookedAt}}
Die Aufzeichnung nennt keine einzelnen Werte.
{{/lookedAt}}

## Was die Entscheidung geändert hätte

{{#needsAll}}
Alles Folgende zusammen, wenn sonst alles gleich bleibt:

{{/needsAll}}
{{#changes}}
- {{field}}: {{needed}} statt {{was}}
{{/changes}}
{{#noChange}}
Wir können keine einzelne Änderung nennen, die zu einer anderen Entscheidung geführt hätte.
{{/noChange}}

## So lassen Sie die Entscheidung prüfen

{{review}}
`,
};

const WORDS: Record<string, LetterWords> = { en: ENGLISH, de: GERMAN };

function wordsIn(language: string): LetterWords {
  const known = languagesFrom(language.toLowerCase()).find((one) => Object.hasOwn(WORDS, one));
  return (known === undefined ? undefined : WORDS[known]) ?? ENGLISH;
}

/** The template of a letter in a language: the app's template, or else the default one. */
export function letterTemplate(terms: Terms): string {
  return terms.text('letters') ?? wordsIn(terms.language).template;
}
