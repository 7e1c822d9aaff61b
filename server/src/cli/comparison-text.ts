import {
  countText,
  leadOf,
  quoted,
  valueText,
  type CandidateDifference,
  type ComparedStep,
  type Comparison,
  type Lead,
  type RuleDifference,
  type StepRef,
  type ValueChange,
} from '@xray/core';

const SIGNS: Record<ComparedStep['kind'], string> = {
  same: ' ',
  changed: '~',
  added: '+',
  removed: '-',
  moved: '>',
};

const REORDERED = 'the rules are in a different order';

/** A list prints at most this many lines; `--json` has more. */
const MAX_LINES = 12;

/**
 * A comparison as text: first the differences of the whole, then the steps, with equal steps
 * folded.
 */
export function comparisonText(comparison: Comparison): string {
  const { a, b, versions, changes, moreChanges, steps, moreSteps } = comparison;
  return [
    `a  ${sideText(a)}`,
    `b  ${sideText(b)}`,
    '',
    ...headline(comparison),
    ...versions.map(
      (version) => `version ${quoted(version.name)}: ${orNone(version.a)} → ${orNone(version.b)}`,
    ),
    ...listed(changes.map(changeText), moreChanges),
    '',
    ...steps.flatMap(stepLines),
    ...(moreSteps > 0 ? [`… and ${countText(moreSteps, 'more step')} that differ`] : []),
  ].join('\n');
}

function sideText({
  executionId,
  pipeline,
  environment,
  status,
  outcome,
  stepCount,
}: Comparison['a']) {
  const where = environment === null ? '' : ` (${quoted(environment)})`;
  const decision = outcome === null ? 'no decision' : quoted(outcome);
  return `${executionId}  ${quoted(pipeline)}${where}  ${decision}, ${status}, ${countText(stepCount, 'step')}`;
}

function headline({ same, firstDivergence, partsAt }: Comparison): string[] {
  if (same) return ['No difference.'];
  if (firstDivergence === null) return ['Every step is the same.'];
  const first = `First difference: ${whereText(firstDivergence)}`;
  if (partsAt !== null) return [`They diverge at: ${whereText(partsAt)}`, first];
  return firstDivergence.onlyIncidental
    ? ['The steps differ only in subjects, ids and times.', first]
    : ['Both ran the same steps: only values differ.', first];
}

function whereText(compared: ComparedStep): string {
  const { a, b, kind } = compared;
  const ref = a ?? b;
  const what = leadText(leadOf(compared), compared);
  return `${ref ? stepText(ref) : ''} ${kind}${what === '' ? '' : `: ${what}`}`;
}

function leadText(lead: Lead, { a, b }: ComparedStep): string {
  switch (lead.kind) {
    case 'status':
      return `${a?.status ?? 'none'} → ${b?.status ?? 'none'}`;
    case 'rule':
      return ruleText(lead.rule);
    case 'candidate':
      return candidateText(lead.candidate);
    case 'candidates':
      return candidateLines(lead.candidates)[0] ?? 'different candidates';
    case 'value':
      return changeText(lead.change);
    case 'rules_reordered':
      return REORDERED;
    default:
      return '';
  }
}

function stepLines(step: ComparedStep): string[] {
  if (step.kind === 'same') return [`  ${countText(step.count, 'equal step')}`];
  const { a, b } = step;
  const ref = a ?? b;
  const moved = a && b && step.kind === 'moved' ? `, in b at step ${b.sequence}` : '';
  const status = a && b && a.status !== b.status ? `, ${a.status} → ${b.status}` : '';
  return [
    `${SIGNS[step.kind]} ${ref ? stepText(ref) : ''} ${step.kind}${moved}${status}`,
    ...[
      ...listed(step.rules.map(ruleText), step.moreRules),
      ...(step.rulesReordered ? [REORDERED] : []),
      ...(step.candidates ? candidateLines(step.candidates) : []),
      ...listed(step.changes.map(changeText), step.moreChanges),
    ].map((line) => `      ${line}`),
  ];
}

function ruleText({ rule, kind, fields, moreFields, a, b }: RuleDifference): string {
  const head = `rule ${quoted(rule)}`;
  if (!a || !b) return `${head} ${kind}`;
  const texts = [
    ...(a.result === b.result ? [] : [`${orNone(a.result)} → ${orNone(b.result)}`]),
    ...(['actual', 'threshold'] as const)
      .filter((name) => fields.includes(name))
      .map((name) => `${name} ${valueText(a[name], a.unit)} → ${valueText(b[name], b.unit)}`),
  ];
  const others = fields.filter((name) => !['result', 'actual', 'threshold'].includes(name));
  const more = moreFields > 0 ? [`${countText(moreFields, 'more field')} differ`] : [];
  return `${head}: ${[...texts, ...others.map((name) => `${quoted(name)} differs`), ...more].join(', ')}`;
}

function candidateLines(difference: CandidateDifference): string[] {
  const { moved, moreMoved, otherwiseChanged, onlyInA, onlyInB, sampled } = difference;
  const inA = onlyInA.length + difference.moreOnlyInA;
  const inB = onlyInB.length + difference.moreOnlyInB;
  const counts = (['in', 'out', 'cutoff'] as const)
    .filter((name) => difference[name].a !== difference[name].b)
    .map((name) => `${name} ${difference[name].a ?? 'none'} → ${difference[name].b ?? 'none'}`);
  return [
    ...(counts.length > 0 ? [`candidates: ${counts.join(', ')}`] : []),
    ...listed(moved.map(candidateText), moreMoved),
    ...(otherwiseChanged > 0
      ? [`${countText(otherwiseChanged, 'candidate')} with other differences`]
      : []),
    ...(inA > 0 ? [`${countText(inA, 'candidate')} only in a`] : []),
    ...(inB > 0 ? [`${countText(inB, 'candidate')} only in b`] : []),
    ...(sampled ? ['not every candidate was recorded individually'] : []),
  ];
}

function candidateText({ id, a, b }: CandidateDifference['moved'][number]): string {
  return `candidate ${quoted(id)}: ${placeText(a)} → ${placeText(b)}`;
}

function placeText({ outcome, reason, score }: CandidateDifference['moved'][number]['a']): string {
  const why = reason === null ? '' : ` for ${quoted(reason)}`;
  return `${orNone(outcome)}${why}${score === null ? '' : ` at ${valueText(score)}`}`;
}

function changeText({ path, kind, a, b }: ValueChange): string {
  const where = quoted(path) || '/';
  if (kind === 'added') return `${where}: added ${valueText(b)}`;
  if (kind === 'removed') return `${where}: removed ${valueText(a)}`;
  return `${where}: ${valueText(a)} → ${valueText(b)}`;
}

function listed(lines: string[], more: number): string[] {
  const left = lines.length - MAX_LINES + more;
  if (lines.length <= MAX_LINES && more === 0) return lines;
  return [...lines.slice(0, MAX_LINES), `… and ${Math.max(left, more)} more`];
}

function stepText({ sequence, name }: StepRef): string {
  return `step ${sequence} · ${quoted(name)}`;
}

function orNone(text: string | null): string {
  return text === null ? 'none' : quoted(text);
}
