import type { Status, StepStatus } from '@xray/core';
import type { TermKind } from '@xray/core/terms';
import type { Names } from './dictionary';

export type Tone =
  | 'positive'
  | 'negative'
  | 'deferred'
  | 'failed'
  | 'running'
  | 'neutral'
  | 'named';
export type Shape =
  | 'circle'
  | 'cross'
  | 'diamond'
  | 'triangle'
  | 'ring'
  | 'dash'
  | 'square'
  | 'hexagon'
  | 'star'
  | 'pentagon';

/** The display of an outcome or a status: always a word, a shape and a colour. */
export interface Verdict {
  word: string;
  /** Set if the word is a code, which the app's dictionary can name. */
  term?: TermKind;
  tone: Tone;
  shape: Shape;
  /** Degrees on the colour wheel, only for the tone `named`. */
  hue: number | null;
  /** People chose the meaning, so the outcome keeps its colour before others. */
  isChosen?: true;
}

const NAMED_SHAPES: readonly Shape[] = ['square', 'hexagon', 'star', 'pentagon'];
const NAMED_HUES = 12;
/** Approximate hues of the fixed colours. Grey has none. */
const TONE_HUES: Partial<Record<Tone, number>> = {
  positive: 165,
  negative: 50,
  deferred: 80,
  failed: 345,
  running: 240,
};
/** Hues nearer than this look alike. */
const APART_DEGREES = 30;
const HUE_STEP = 5;

const KNOWN_OUTCOMES = new Map<string, Pick<Verdict, 'tone' | 'shape'>>([
  ...words('positive', 'circle', 'selected approved accepted allowed granted passed pass kept'),
  ...words('negative', 'cross', 'rejected declined denied blocked removed refused fail'),
  ...words('deferred', 'diamond', 'deferred escalated review referred flagged pending'),
  ...words('failed', 'triangle', 'error failed'),
]);

function words(
  tone: Tone,
  shape: Shape,
  list: string,
): [string, Pick<Verdict, 'tone' | 'shape'>][] {
  return list.split(' ').map((word) => [word, { tone, shape }]);
}

/** The word that people read: the name of a code, or else the word itself. */
export function verdictName({ word, term }: Pick<Verdict, 'word' | 'term'>, names: Names): string {
  return term === undefined ? word : names(term, word);
}

/** The business outcome if the execution completed with one, else the technical status. */
export function executionVerdict(execution: {
  status: Status | null | undefined;
  outcome: string | null | undefined;
  stale: boolean;
}): Verdict {
  if ((execution.status ?? 'completed') === 'completed' && typeof execution.outcome === 'string') {
    return outcomeVerdict(execution.outcome);
  }
  return technicalVerdict(execution);
}

/** The technical status. A running execution that sends nothing is stale. */
export function technicalVerdict(execution: {
  status: Status | null | undefined;
  stale: boolean;
}): Verdict {
  const status = execution.status ?? 'completed';
  if (status === 'running' && execution.stale) return neutral('stale', 'ring');
  return statusVerdict(status);
}

/** The verdict of an outcome. An unknown outcome gets a stable colour and shape from its name. */
export function outcomeVerdict(outcome: string): Verdict {
  const known = KNOWN_OUTCOMES.get(outcome.toLowerCase());
  if (known !== undefined) return { word: outcome, term: 'outcomes', ...known, hue: null };
  const hash = hashOf(outcome);
  return {
    word: outcome,
    term: 'outcomes',
    tone: 'named',
    shape: NAMED_SHAPES[(hash >>> 8) % NAMED_SHAPES.length] ?? 'square',
    hue: (hash % NAMED_HUES) * (360 / NAMED_HUES),
  };
}

/**
 * Verdicts of outcomes that are shown together, each with its own colour. An outcome keeps its usual colour if
 * no other has it. Its shape and word stay.
 */
export function distinctVerdicts<T>(
  outcomes: readonly T[],
  verdictOf: (outcome: T) => Verdict,
): (outcome: T) => Verdict {
  const verdicts = new Map<T, Verdict>();
  const takenHues: number[] = [];
  const takenTones = new Set<Tone>();
  // Chosen colours first, then fixed ones, the usual word before its synonyms, then by name. Counts must not decide.
  const inOrder = [...new Set(outcomes)]
    .map((outcome) => ({ outcome, verdict: verdictOf(outcome) }))
    .toSorted((a, b) => {
      const chosen = Number(b.verdict.isChosen ?? false) - Number(a.verdict.isChosen ?? false);
      const hasHue = Number(b.verdict.hue !== null) - Number(a.verdict.hue !== null);
      if (chosen !== 0) return chosen;
      if (a.verdict.isChosen && hasHue !== 0) return hasHue;
      const named = Number(a.verdict.tone === 'named') - Number(b.verdict.tone === 'named');
      const usual = usualRank(a.verdict) - usualRank(b.verdict);
      return named || usual || (a.verdict.word < b.verdict.word ? -1 : 1);
    });
  for (const { outcome, verdict } of inOrder) {
    if (verdict.isChosen && verdict.hue !== null) {
      takenHues.push(verdict.hue);
      verdicts.set(outcome, verdict);
      continue;
    }
    if (verdict.tone !== 'named' && !takenTones.has(verdict.tone)) {
      takenTones.add(verdict.tone);
      const hue = TONE_HUES[verdict.tone];
      if (hue !== undefined) takenHues.push(hue);
      verdicts.set(outcome, verdict);
      continue;
    }
    const wanted = verdict.hue ?? TONE_HUES[verdict.tone] ?? 0;
    const hue = freeHue(wanted, takenHues);
    takenHues.push(hue);
    verdicts.set(outcome, { ...verdict, tone: 'named', hue });
  }
  return (outcome) => verdicts.get(outcome) ?? verdictOf(outcome);
}

function usualRank({ word }: Verdict): number {
  const rank = [...KNOWN_OUTCOMES.keys()].indexOf(word.toLowerCase());
  return rank < 0 ? KNOWN_OUTCOMES.size : rank;
}

/** The wanted hue if it differs enough from the taken ones, else the farthest hue. */
function freeHue(wanted: number, taken: readonly number[]): number {
  const distance = (hue: number) =>
    Math.min(360, ...taken.map((other) => 180 - Math.abs(180 - (Math.abs(hue - other) % 360))));
  if (distance(wanted) >= APART_DEGREES) return wanted;
  let best = wanted;
  for (let turned = HUE_STEP; turned < 360; turned += HUE_STEP) {
    const hue = (wanted + turned) % 360;
    if (distance(hue) > distance(best)) best = hue;
  }
  return best;
}

/** The verdict of a technical status. An unknown status is shown as it is. */
export function statusVerdict(status: StepStatus): Verdict {
  switch (status) {
    case 'running':
      return { word: 'running', tone: 'running', shape: 'ring', hue: null };
    case 'failed':
      return { word: 'failed', tone: 'failed', shape: 'triangle', hue: null };
    case 'timed_out':
      return { word: 'timed out', tone: 'failed', shape: 'triangle', hue: null };
    default:
      return neutral(String(status), 'dash');
  }
}

/** The verdict of a rule's result. A missing or unknown result has a dash. */
export function ruleVerdict(result: string | null | undefined): Verdict {
  switch (result) {
    case 'pass':
      return { word: 'pass', tone: 'positive', shape: 'circle', hue: null };
    case 'fail':
      return { word: 'fail', tone: 'negative', shape: 'cross', hue: null };
    case 'error':
      return { word: 'error', tone: 'failed', shape: 'triangle', hue: null };
    default:
      return neutral(result ?? '', 'dash');
  }
}

function neutral(word: string, shape: Shape): Verdict {
  return { word, tone: 'neutral', shape, hue: null };
}

/** FNV-1a, 32 bit (http://www.isthe.com/chongo/tech/comp/fnv/): stable across sessions and machines. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}
