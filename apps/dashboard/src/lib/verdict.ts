import type { Status, StepStatus } from '@xray/core';

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

/** How something ended, as it is shown: always a word, a shape and a colour together. */
export interface Verdict {
  word: string;
  tone: Tone;
  shape: Shape;
  /** Degrees on the colour wheel; only of tone `named`. */
  hue: number | null;
}

const NAMED_SHAPES: readonly Shape[] = ['square', 'hexagon', 'star', 'pentagon'];
const NAMED_HUES = 12;

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

/** The business outcome where there is one and nothing broke; otherwise the technical status. */
export function executionVerdict(execution: {
  status: Status | null | undefined;
  outcome: string | null | undefined;
  stale: boolean;
}): Verdict {
  const status = execution.status ?? 'completed';
  if (status === 'running' && execution.stale) return neutral('stale', 'ring');
  if (status === 'completed' && typeof execution.outcome === 'string') {
    return outcomeVerdict(execution.outcome);
  }
  return statusVerdict(status);
}

/** A decision's or a candidate's outcome; one not known here keeps its own colour and shape by its name. */
export function outcomeVerdict(outcome: string): Verdict {
  const known = KNOWN_OUTCOMES.get(outcome.toLowerCase());
  if (known !== undefined) return { word: outcome, ...known, hue: null };
  const hash = hashOf(outcome);
  return {
    word: outcome,
    tone: 'named',
    shape: NAMED_SHAPES[(hash >>> 8) % NAMED_SHAPES.length] ?? 'square',
    hue: (hash % NAMED_HUES) * (360 / NAMED_HUES),
  };
}

/** A technical status, of an execution or of a step. Text of a status not known here is shown as it is. */
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

/** The result of a rule; without one, or with one not known here, only a dash and its text. */
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
