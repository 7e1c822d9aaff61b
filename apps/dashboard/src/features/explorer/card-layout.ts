import type { ColumnId } from './columns';

/** Where the chosen columns stand on a card. */
export interface CardLayout {
  /** What the card is: its link. */
  lead: ColumnId;
  /** Beside it, and at the right edge of the two lines. */
  beside: ColumnId | null;
  when: ColumnId | null;
  figure: ColumnId | null;
  second: readonly ColumnId[];
  /** Lines of two more, each with its title. */
  more: readonly (readonly ColumnId[])[];
}

const TWO_LINES_PX = 60;
const LINE_PX = 20;
const ON_SECOND = 2;
const IN_LINE = 2;

/** The columns that people chose, on a card of two lines and as many more as it takes. Every column has one place. */
export function layOutCard(columns: readonly ColumnId[]): CardLayout {
  const [lead = 'outcome', ...others] = columns;
  const take = (...wanted: readonly ColumnId[]): ColumnId | null => {
    const place = others.findIndex((id) => wanted.includes(id));
    return place < 0 ? null : (others.splice(place, 1)[0] ?? null);
  };
  const when = take('time', 'received');
  const figure = take('duration', 'steps');
  const beside = take('subject') ?? others.shift() ?? null;
  const second = others.splice(0, ON_SECOND);
  const more: ColumnId[][] = [];
  while (others.length > 0) more.push(others.splice(0, IN_LINE));
  return { lead, beside, when, figure, second, more };
}

/** How high a card is, without what a search found in it. */
export function cardPx({ more }: CardLayout): number {
  return TWO_LINES_PX + more.length * LINE_PX;
}
