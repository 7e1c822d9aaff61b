import type {
  CandidateAccount,
  CandidateMiss,
  Evidence,
  ExplainedReason,
  Explanation,
  RuleChange,
  RuleEvidence,
  RuleSetAside,
  StepRef,
} from './answers.js';
import { operatorOf, type Operator } from './rule-test.js';
import { countText, numberText, quoted, valueText } from './wording.js';

/** An operator as a person reads it, in English. */
export const OPERATORS_IN_WORDS: Record<Operator, string> = {
  '>=': 'at least',
  '>': 'more than',
  '<=': 'at most',
  '<': 'less than',
  '==': 'equal to',
  '!=': 'other than',
  in: 'one of',
  'not in': 'none of',
};

/** The cause why no other decision can be named, as the end of a sentence. */
export const UNKNOWN_FLIP_TEXT: Record<NonNullable<Explanation['nearMiss']['unknown']>, string> = {
  no_decision: 'the record states no decision',
  not_finished: 'the execution has not finished',
  human: 'a person made the final decision',
  no_rules: 'the record holds no rule that was evaluated for this decision',
  candidates_only: 'the recorded rules checked candidates, not the subject of the decision',
  not_linked: 'the record does not link its rules to this decision',
  other_reasons: 'the decision also rests on reasons that no failed rule in the record supports',
  contradictory: 'a rule is recorded as failed, though its recorded values would pass',
  incomplete: 'some steps were cut or lost, so rules may be missing',
};

/** The note beside a reason, by its support in the record. */
export const SUPPORT_TEXT: Record<ExplainedReason['support'], string | null> = {
  evidenced: null,
  stated: 'Stated, but nothing in the record supports it.',
  contradicted: 'Stated, but the record contradicts it.',
};

/** The cause why an explanation does not use a rule. */
export const SET_ASIDE_TEXT: Record<RuleSetAside['why'], string> = {
  step_skipped: 'the step was skipped',
  attempt_replaced: 'a later attempt replaced this one',
  rule_skipped: 'skipped',
  rule_broke: 'ended in an error',
  no_result: 'recorded without a result',
};

const ENDED: Record<Explanation['status'], string> = {
  running: 'It had not finished when this was recorded.',
  completed: '',
  failed: 'The execution ended with an error.',
  canceled: 'The execution was canceled.',
  timed_out: 'The execution timed out.',
};

/**
 * An explanation in sentences that can be read aloud. Names and numbers come from the record, except counts
 * of omitted items. Texts from the record fit on one line and are safe to print.
 */
export function explanationText(explanation: Explanation): string {
  return [
    verdict(explanation),
    reasons(explanation),
    unnamedFailures(explanation),
    setAside(explanation),
    nearMiss(explanation),
    ...explanation.candidates.map(candidates),
    more(
      explanation.moreCandidates,
      'more step with candidates',
      'is not listed',
      'more steps with candidates',
    ),
    inForce(explanation),
    limits(explanation),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function verdict(explanation: Explanation): string {
  const { outcome, subjects, decidedBy, score, confidence, status, failure } = explanation;
  const about = subjects.map(({ type, id }) => `${quoted(type)} ${quoted(id)}`).join(', ');
  const on = about === '' ? '' : ` on ${about}`;
  const what = `${quoted(explanation.pipeline)}${on}`;
  const environment = explanation.environment ? ` in ${quoted(explanation.environment)}` : '';
  const numbers = [
    ...(score === null ? [] : [`score ${numberText(score)}`]),
    ...(confidence === null ? [] : [`confidence ${numberText(confidence)}`]),
  ];
  const beside = numbers.length === 0 ? '' : ` (${numbers.join(', ')})`;
  const by = decidedBy && actorText(decidedBy.type, decidedBy.id, decidedBy.version);
  return [
    `Execution ${explanation.executionId}${environment}.`,
    outcome === null
      ? `The record of ${what} states no decision.`
      : `${what}: the decision was ${quoted(outcome)}${beside}.`,
    explanation.adverse === true ? 'It is adverse to the subject.' : '',
    by ? `Decided by ${by}.` : '',
    ENDED[status],
    failure ? `Step ${stepText(failure.step)} failed${errorText(failure)}.` : '',
  ]
    .filter((sentence) => sentence !== '')
    .join('\n');
}

function reasons({ reasons: given, moreReasons, outcome }: Explanation): string {
  if (given.length === 0) return outcome === null ? '' : 'The record gives no reason for it.';
  return lines('Reasons, most important first:', [
    ...given.map(reasonText),
    more(moreReasons, 'more reason', 'is not listed'),
  ]);
}

function reasonText(reason: ExplainedReason): string {
  const said = reason.text ? `: ${quoted(reason.text)}` : '';
  const weight =
    reason.contribution === null ? '' : ` (contribution ${numberText(reason.contribution)})`;
  const head = `${quoted(reason.code)}${said}${weight}`;
  const support = SUPPORT_TEXT[reason.support];
  return [
    head,
    ...(support === null ? [] : [support]),
    ...reason.evidence.map(evidenceText),
    more(reason.moreEvidence, 'more piece of evidence', 'is not listed', 'more pieces of evidence'),
  ]
    .filter((line) => line !== '')
    .join('\n    ');
}

function evidenceText(evidence: Evidence): string {
  if (evidence.kind === 'rule') return `${ruleText(evidence)}.`;
  if (evidence.kind === 'factor') {
    const where = evidence.step ? ` in step ${stepText(evidence.step)}` : '';
    return `${quoted(evidence.factor)} was ${valueText(evidence.value)}${where}.`;
  }
  const many = countText(evidence.count, 'candidate was', 'candidates were');
  return `${many} rejected because of it in step ${stepText(evidence.step)}.`;
}

function ruleText(rule: RuleEvidence): string {
  const version = rule.version ? ` version ${quoted(rule.version)}` : '';
  const head = `Rule ${quoted(rule.rule)}${version} in step ${stepText(rule.step)} ${ruleResultText(rule)}`;
  const doubt = rule.agrees === false ? '; its recorded values contradict this result' : '';
  return `${head}${valuesText(rule)}${decidedText(rule)}${doubt}`;
}

/** The result in words: `failed`, `failed (2 of 3 times)`, `failed for 31 of 41 candidates`. */
export function ruleResultText({
  of,
  result,
  counts,
}: Pick<RuleEvidence, 'of' | 'result' | 'counts'>): string {
  const word = RESULT_TEXT[result ?? 'none'];
  if (counts === null) {
    return of === 'candidates' && result === null ? 'checked the candidates' : word;
  }
  const { evaluated, failed, error, passed, skipped } = counts;
  const times = { fail: failed, error, pass: passed, skip: skipped, none: 0 }[result ?? 'none'];
  const all = result === 'skip' ? skipped : evaluated;
  const share = times === all ? String(all) : `${times} of ${all}`;
  return of === 'candidates'
    ? `${word} for ${share} ${all === 1 ? 'candidate' : 'candidates'}`
    : `${word} (${share} ${all === 1 ? 'time' : 'times'})`;
}

const RESULT_TEXT = {
  pass: 'passed',
  fail: 'failed',
  skip: 'was skipped',
  error: 'ended in an error',
  none: 'has no recorded result',
} as const;

function decidedText({ of, counts, decisive }: RuleEvidence): string {
  if (of === 'decision') return decisive ? '; it decided' : '';
  return counts && counts.decisive > 0
    ? `; it decided ${countText(counts.decisive, 'candidate')}`
    : '';
}

function valuesText({ field, op, actual, threshold, unit }: RuleEvidence): string {
  if (actual === undefined && threshold === undefined) return '';
  const name = field ? quoted(field) : 'the value';
  const was = actual === undefined ? '' : `${name} was ${valueText(actual, unit)}`;
  if (threshold === undefined) return `: ${was}`;
  const known = operatorOf(op);
  const asked = known
    ? `${OPERATORS_IN_WORDS[known]} ${valueText(threshold, unit)} was required`
    : `the threshold was ${valueText(threshold, unit)}${op ? ` (${quoted(op)})` : ''}`;
  return `: ${[was, asked].filter((part) => part !== '').join(', ')}`;
}

function unnamedFailures({ unnamedFailures: failures, moreUnnamedFailures }: Explanation): string {
  if (failures.length === 0) return '';
  return lines('Failed rules that no reason names:', [
    ...failures.map((rule) => `${ruleText(rule)}.`),
    more(moreUnnamedFailures, 'more failed rule', 'is not listed'),
  ]);
}

function setAside({ setAside: groups, moreSetAside }: Explanation): string {
  if (groups.length === 0) return '';
  return lines('Rules not used in this explanation:', [
    ...groups.map(({ step, why, rules, moreRules }) => {
      const ids = rules.map((id) => quoted(id)).join(', ');
      return `${ids}${andMore(moreRules)} in step ${stepText(step)}: ${SET_ASIDE_TEXT[why]}.`;
    }),
    more(moreSetAside, 'more group of rules', 'is not listed'),
  ]);
}

function nearMiss({ nearMiss: near }: Explanation): string {
  const { unknown, changes, need, moreChanges, unevaluated, moreUnevaluated } = near;
  if (unknown === 'no_decision') return '';
  if (unknown !== null) {
    return `No other decision can be derived from the record: ${UNKNOWN_FLIP_TEXT[unknown]}.`;
  }
  const which = changes.length > 1 ? 'any one of these' : 'this';
  const head =
    need === 'all'
      ? 'With everything else unchanged, another decision would have needed all of these together:'
      : `With everything else unchanged, ${which} would have led to another decision:`;
  const rules = [...new Set(unevaluated.map(({ rule }) => quoted(rule)))];
  return lines(head, [
    ...changes.map(changeText),
    more(moreChanges, 'more change', 'is not listed'),
    rules.length === 0
      ? ''
      : `Not certain, because these rules were not evaluated and could also have rejected: ${rules.join(', ')}${andMore(moreUnevaluated)}.`,
  ]);
}

function changeText({ rule, step, field, actual, needs, unit, flipsTo }: RuleChange): string {
  const verb = flipsTo === 'pass' ? 'passing' : 'failing';
  const head = `rule ${quoted(rule)} in step ${stepText(step)} ${verb}`;
  const was = actual === undefined ? '' : `, instead of ${valueText(actual, unit)}`;
  if (needs === null) {
    const but = actual === undefined ? '' : ` with a value other than ${valueText(actual, unit)}`;
    return `${head}${but}; the record does not say which value is needed.`;
  }
  const known = operatorOf(needs.op);
  const value = `${known ? OPERATORS_IN_WORDS[known] : quoted(needs.op)} ${valueText(needs.value, unit)}`;
  return `${head}: ${field ? quoted(field) : 'a value of'} ${value}${was}.`;
}

function candidates(account: CandidateAccount): string {
  const type = account.type ? `candidates (${quoted(account.type)})` : 'candidates';
  const counts = `${numberText(account.in)} ${type} in, ${numberText(account.out)} out`;
  const head = `Step ${stepText(account.step)}: ${counts}.`;
  const by = account.byReason.map(({ reason, count }) => `${quoted(reason)} ${count}`).join(', ');
  const chosen = account.selected
    .map(({ id, score }) => quoted(id) + (score === null ? '' : ` (score ${numberText(score)})`))
    .join(', ');
  return lines(head, [
    by === '' ? '' : `Rejected because of: ${by}${andMore(account.moreReasons)}.`,
    ...account.rules.map((rule) => `${ruleText(rule)}.`),
    more(account.moreRules, 'more rule', 'is not listed'),
    chosen === '' ? '' : `Selected: ${chosen}${andMore(account.moreSelected)}.`,
    account.cutoff === null ? '' : `The cutoff was ${numberText(account.cutoff)}.`,
    ...account.nearMisses.map(missText),
    account.sampled ? 'Not every candidate was recorded individually. The counts are exact.' : '',
  ]);
}

function missText({
  id,
  outcome,
  score,
  reason,
  rival,
  change,
  unevaluated,
}: CandidateMiss): string {
  const why = reason === null ? '' : ` for ${quoted(reason)}`;
  const at = score === null ? '' : ` at score ${numberText(score)}`;
  const beside =
    rival === null
      ? ''
      : `; nearest kept candidate: ${quoted(rival.id)} at ${numberText(rival.score)}`;
  const would =
    change === null ? '' : `; it failed only one rule, and needed ${changeText(change)}`;
  const doubt = change !== null && unevaluated > 0 ? ' Other rules were not evaluated for it.' : '';
  const stop = change === null ? '.' : '';
  return `Near miss: ${quoted(id)}, ${outcome}${why}${at}${beside}${would}${stop}${doubt}`;
}

function inForce({ versions, models, moreModels, humans }: Explanation): string {
  const version = versions
    .map((entry) => `${quoted(entry.name)} ${quoted(entry.version)}`)
    .join(', ');
  const model = models
    .map(({ name, version, provider }) =>
      [
        quoted(name),
        ...(version ? [`version ${quoted(version)}`] : []),
        ...(provider ? [`(${quoted(provider)})`] : []),
      ].join(' '),
    )
    .join(', ');
  const people = humans.people
    .map(({ id, step }) => quoted(id) + (step ? ` (step ${stepText(step)})` : ' (decided)'))
    .join(', ');
  return [
    version === '' ? '' : `Versions in force: ${version}.`,
    model === '' ? '' : `Models: ${model}${andMore(moreModels)}.`,
    people === '' ? '' : `People: ${people}${andMore(humans.morePeople)}.`,
    humans.involvement ? `Human involvement: ${quoted(humans.involvement)}.` : '',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function limits({ limits: known, moreLimits }: Explanation): string {
  if (known.length === 0) return '';
  return lines('The record is incomplete. This limits the explanation:', [
    ...known.map(({ kind, path, original, kept }) => {
      const where = path === null ? '' : ` at ${quoted(path)}`;
      const counts =
        original === null
          ? ''
          : ` (${numberText(original)}${kept === null ? '' : `, kept ${numberText(kept)}`})`;
      return `${quoted(kind).replaceAll('_', ' ')}${where}${counts}`;
    }),
    more(moreLimits, 'more mark', 'is not listed'),
  ]);
}

function actorText(type: string, id: string, version: string | null): string {
  return `${quoted(type)} ${quoted(id)}${version ? ` version ${quoted(version)}` : ''}`;
}

function stepText({ sequence, name }: StepRef): string {
  return `${sequence} (${quoted(name)})`;
}

function errorText({ type, message }: NonNullable<Explanation['failure']>): string {
  const parts = [type, message].flatMap((value) => (value ? [quoted(value)] : []));
  return parts.length === 0 ? '' : `: ${parts.join(': ')}`;
}

function andMore(count: number): string {
  return count > 0 ? ` and ${count} more` : '';
}

function more(count: number, singular: string, verb: string, plural = `${singular}s`): string {
  if (count <= 0) return '';
  return `${countText(count, singular, plural)} ${count === 1 ? verb : verb.replace(/\bis\b/, 'are')}.`;
}

function lines(head: string, items: string[]): string {
  return [head, ...items.filter((item) => item !== '').map((item) => `  - ${item}`)].join('\n');
}
