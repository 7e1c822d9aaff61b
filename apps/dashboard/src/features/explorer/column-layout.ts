import { COLUMNS, COLUMN_IDS, type ColumnId } from './columns';

/** Chosen column widths in px. */
export type ColumnWidths = Partial<Record<ColumnId, number>>;

export const WIDTH_STEP_PX = 16;
const MIN_PX = 56;
const MAX_PX = 900;

/** The tracks of the table's grid. Columns without a chosen width share the rest. */
export function gridTemplate(columns: readonly ColumnId[], widths: ColumnWidths): string {
  const tracks = columns.map((id) => {
    const { minPx, share } = COLUMNS[id];
    const widthPx = widths[id];
    if (widthPx !== undefined) return `${widthPx}px`;
    return share === 0 ? `${minPx}px` : `minmax(${minPx}px, ${share}fr)`;
  });
  return tracks.some((track) => track.includes('fr'))
    ? tracks.join(' ')
    : `${tracks.join(' ')} 1fr`;
}

/** The least width of the table in px. A narrower screen scrolls sideways. */
export function minTableWidthPx(
  columns: readonly ColumnId[],
  widths: ColumnWidths,
  gapPx: number,
): number {
  const widthsPx = columns.reduce((sum, id) => sum + (widths[id] ?? COLUMNS[id].minPx), 0);
  return widthsPx + Math.max(0, columns.length - 1) * gapPx;
}

export function clampWidth(px: number): number {
  return Math.round(Math.max(MIN_PX, Math.min(MAX_PX, px)));
}

/** Moves a column to the index `to`. */
export function moveColumn(columns: readonly ColumnId[], id: ColumnId, to: number): ColumnId[] {
  const rest = columns.filter((each) => each !== id);
  const place = Math.max(0, Math.min(rest.length, to));
  return [...rest.slice(0, place), id, ...rest.slice(place)];
}

/** Shows a hidden column at the end, or hides a shown one. The last column stays. */
export function toggleColumn(columns: readonly ColumnId[], id: ColumnId): ColumnId[] {
  if (!columns.includes(id)) return [...columns, id];
  return columns.length === 1 ? [...columns] : columns.filter((each) => each !== id);
}

/** Parses stored widths and drops invalid ones. */
export function parseWidths(text: string | null): ColumnWidths {
  if (text === null) return {};
  const widths: ColumnWidths = {};
  for (const part of text.split(',')) {
    const [name, px] = part.split(':');
    const id = COLUMN_IDS.find((each) => each === name);
    const widthPx = Number(px);
    if (id !== undefined && Number.isFinite(widthPx) && widthPx > 0)
      widths[id] = clampWidth(widthPx);
  }
  return widths;
}

export function printWidths(widths: ColumnWidths): string {
  return Object.entries(widths)
    .map(([id, px]) => `${id}:${px}`)
    .join(',');
}
