import type { ColumnId } from './columns';

/** The places of the chosen columns on a card. */
export interface CardLayout {
  /** The card's link. */
  lead: ColumnId;
  /** The column next to the link, and the columns at the right edge of the two lines. */
  beside: ColumnId | null;
  when: ColumnId | null;
  figure: ColumnId | null;
  second: readonly ColumnId[];
  /** Further lines of two columns, each with its title. */
  more: readonly (readonly ColumnId[])[];
}

const TWO_LINES_PX = 60;
const LINE_PX = 20;
const ON_SECOND = 2;
const IN_LINE = 2;

/** Places the chosen columns on a card of two lines and more if needed. Every column has one place. */
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

/** The height of a card without its search match. */
export function cardPx({ more }: CardLayout): number {
  return TWO_LINES_PX + more.length * LINE_PX;
}
