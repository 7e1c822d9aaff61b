import type { OutcomeMeaning, OutcomeMeanings } from '@xray/core';
import { outcomeVerdict, type Tone } from '@/lib/verdict';

export type DraftOutcome = OutcomeMeanings['outcomes'][number];

/** The server's limit (MAX_OUTCOME_MEANINGS in core's outcome-meanings.ts). */
export const MAX_OUTCOMES = 50;

/** Hues that differ on light and dark backgrounds, in degrees. */
export const PALETTE: readonly { name: string; hue: number }[] = [
  { name: 'Red', hue: 25 },
  { name: 'Orange', hue: 55 },
  { name: 'Yellow', hue: 95 },
  { name: 'Green', hue: 145 },
  { name: 'Teal', hue: 195 },
  { name: 'Blue', hue: 250 },
  { name: 'Violet', hue: 295 },
  { name: 'Pink', hue: 345 },
];

const MEANING_OF_TONE: Partial<Record<Tone, OutcomeMeaning>> = {
  positive: 'good',
  negative: 'bad',
  failed: 'bad',
};

/** The saved outcomes in their order, then the other seen ones with the meaning that their name suggests. */
export function draftOf(
  saved: readonly DraftOutcome[],
  seen: readonly (string | null)[],
): DraftOutcome[] {
  const known = new Set(saved.map(({ outcome }) => outcome));
  const others = seen.flatMap((outcome): DraftOutcome[] =>
    outcome === null || outcome === '' || known.has(outcome)
      ? []
      : [
          {
            outcome,
            meaning: MEANING_OF_TONE[outcomeVerdict(outcome).tone] ?? 'neutral',
            hue: null,
          },
        ],
  );
  return [...saved, ...others].slice(0, MAX_OUTCOMES);
}

/** Moves the outcome at a place up (-1) or down (1). At an end nothing moves. */
export function moveOutcome(
  draft: readonly DraftOutcome[],
  place: number,
  by: -1 | 1,
): DraftOutcome[] {
  const moved = [...draft];
  const [outcome] = moved.splice(place, 1);
  if (outcome === undefined || place + by < 0 || place + by >= draft.length) return [...draft];
  moved.splice(place + by, 0, outcome);
  return moved;
}
