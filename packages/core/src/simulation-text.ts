import type { OpenCause, Simulation } from './simulation.js';
import { countText, quoted, valueText } from './wording.js';

/** Why the record does not determine a decision, after "open:". */
export const OPEN_CAUSE_TEXT: Record<OpenCause, string> = {
  stays_pass: 'the rule passes as before, but the same results led to other outcomes as well',
  stays_fail: 'the rule fails as before, but the same results led to other outcomes as well',
  not_reached: 'the rule was not evaluated, and the same results led to other outcomes as well',
  turns: 'the new results led to several outcomes, or were seldom seen near the threshold',
  human: 'a person made the final decision',
  no_decision: 'the record states no decision',
  not_finished: 'the execution has not finished',
  incomplete: 'steps were cut or lost, so rules may be missing',
  not_computable: 'the recorded values do not give the recorded result',
  not_evaluated: 'a rule that was not evaluated before would be evaluated now',
  newcomers_without_score: 'candidates that now pass have no score in the ranking',
  candidates_without_detail: 'the record does not hold every kept candidate in detail',
  nothing_left: 'no ranked candidate passes any more',
};

/** What a simulation assumes, for its readers. */
export const SIMULATION_ASSUMPTIONS =
  'Assumed: equal results of rules lead to equal outcomes if 30 executions show it, and more failures are not kinder. Decisions are simulated, not their consequences. Confirm by replay.';

/** A simulation as lines of text. */
export function simulationText(answer: Simulation): string {
  const { executions, sampled, flips, rules, to, open, basis } = answer;
  const read = sampled === executions ? '' : `, ${sampled} of them read`;
  const causes = Object.entries(open).sort(([, a], [, b]) => b - a) as [OpenCause, number][];
  return [
    `${countText(executions, 'execution')}${read}`,
    ...rules.map(
      ({ rule, was, threshold, evaluated, turns }) =>
        `${quoted(rule)}: ${was.map((value) => valueText(value)).join(', ')} → ${valueText(threshold)}, evaluated by ${evaluated}, turns in ${turns}`,
    ),
    '',
    `certain flips:                           ${flips.certain}`,
    `at most, if the rule alone decides:      ${flips.atMostIfRuleAlone}`,
    `at most:                                 ${flips.atMost}`,
    ...section(
      'Certain flips',
      to.map(({ from, to: outcomes, choice, count }) =>
        choice
          ? `${count}  another first candidate, ${outcomeName(from)}`
          : `${count}  ${outcomeName(from)} → ${outcomes.map(outcomeName).join(' or ')}`,
      ),
    ),
    ...section(
      'Open',
      causes.map(([cause, count]) => `${count}  ${OPEN_CAUSE_TEXT[cause]}`),
    ),
    '',
    basis === 'declared'
      ? 'The programs state how their checks decide. Confirm by replay.'
      : SIMULATION_ASSUMPTIONS,
  ].join('\n');
}

function outcomeName(outcome: string | null): string {
  return outcome === null ? 'no outcome' : quoted(outcome);
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
}
