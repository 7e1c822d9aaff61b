import { filtersWithoutOnePart, searchesWords } from '@/components/filter/filter-terms';
import {
  ALL_TIME,
  DEFAULT_FROM,
  PRESETS,
  relativeMs,
  type TimeRange,
} from '@/components/time-range/time-range';

const MAX_PARTS = 8;

/** A wider filter or range. */
export interface Change {
  q: string;
  range: TimeRange;
  label: string;
}

/** Wider filters: longer times first, then without a field, last without the searched words. */
export function changesOf(q: string, range: TimeRange): Change[] {
  const parts = filtersWithoutOnePart(q).slice(0, MAX_PARTS);
  const isSearch = ({ dropped }: { dropped: string }) => searchesWords(dropped);
  return [
    ...widerRanges(range).map(({ from, label }) => ({
      q,
      range: { from, to: null },
      label,
    })),
    ...[...parts.filter((part) => !isSearch(part)), ...parts.filter(isSearch)].map(
      ({ dropped, rest }) => ({ q: rest, range, label: `without ${dropped}` }),
    ),
  ];
}

/** The longer presets, all time last. For a range with an end, every preset may find more. */
function widerRanges({ from, to }: TimeRange): readonly { from: string; label: string }[] {
  if (from === ALL_TIME && to === null) return [];
  const reachMs = to === null ? (relativeMs(from ?? DEFAULT_FROM) ?? Infinity) : 0;
  return PRESETS.filter(
    (preset) => preset.from === ALL_TIME || (relativeMs(preset.from) ?? 0) > reachMs,
  );
}
