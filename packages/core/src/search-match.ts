import type { SearchMatch } from './finding.js';
import { findText, normalizeText, normalizedForms, type TextQuery } from './search-terms.js';
import { visitTexts, type SearchPath } from './searchable.js';
import type { Snapshot } from './snapshot.js';
import { stepSequence } from './step-order.js';

/** The default number of matches shown for an execution. */
const MAX_MATCHES = 3;
const SNIPPET_LENGTH = 160;
/** The number of characters shown before a match. */
const LEAD_LENGTH = 48;
/** The maximum number of highlighted ranges in one text. */
const MAX_RANGES = 10;

export interface SearchFinding {
  /** Whether the snapshot matches, for each query. */
  found: boolean[];
  /** Some matches, from each query in turn, up to the requested number. */
  matches: SearchMatch[];
}

/**
 * Searches texts in everything recorded (`visitTexts`). Ids of a ledger are compared whole. Tests compare
 * the search index with this function.
 */
export function searchSnapshot(
  snapshot: Snapshot,
  queries: readonly TextQuery[],
  maxMatches = MAX_MATCHES,
): SearchFinding {
  // Finding one match is needed to know that the snapshot matches at all.
  const enough = Math.max(1, maxMatches);
  const places = queries.map((): SearchMatch[] => []);
  let wanted = queries.length;
  visitTexts(snapshot, (text, path) => {
    if (wanted === 0) return;
    const forms = normalizedForms(text);
    for (const [index, query] of queries.entries()) {
      const matches = places[index];
      if (matches === undefined || matches.length === enough) continue;
      const [found] = forms.flatMap((normalized) => {
        const ranges = findText(query, normalized, MAX_RANGES);
        return ranges.length === 0 ? [] : [{ normalized, ranges }];
      });
      if (found === undefined) continue;
      const { normalized, ranges } = found;
      matches.push({ ...placeOf(snapshot, path), ...snippetOf(text, normalized, ranges) });
      if (matches.length === enough) wanted--;
    }
  });
  for (const [index, query] of queries.entries()) {
    if (places[index]?.length === 0) places[index].push(...ledgerMatches(snapshot, query.text));
  }
  return {
    found: places.map((matches) => matches.length > 0),
    matches: inTurn(places, maxMatches),
  };
}

function inTurn(places: SearchMatch[][], maxMatches: number): SearchMatch[] {
  const chosen = Array.from({ length: maxMatches }, (_, round) =>
    places.flatMap((matches) => matches[round] ?? []),
  ).flat();
  const paths = new Set<string>();
  const isNew = ({ path, ranges }: SearchMatch): boolean => {
    const key = JSON.stringify([path, ranges]);
    return !paths.has(key) && paths.add(key) !== undefined;
  };
  return chosen.filter(isNew).slice(0, maxMatches);
}

function ledgerMatches(snapshot: Snapshot, id: string): SearchMatch[] {
  for (const [place, step] of snapshot.steps.entries()) {
    const at = step.candidates?.ledger?.ids.indexOf(id) ?? -1;
    if (at < 0) continue;
    const path = ['steps', place, 'candidates', 'ledger', 'ids', at];
    return [{ ...placeOf(snapshot, path), ...snippetOf(id, id, [[0, id.length]]) }];
  }
  return [];
}

function placeOf(snapshot: Snapshot, path: SearchPath): Omit<SearchMatch, 'snippet' | 'ranges'> {
  const pointer = path.map((key) => `/${escapeKey(String(key))}`).join('');
  const [root, index, field] = path;
  const step = root === 'steps' && typeof index === 'number' ? snapshot.steps[index] : undefined;
  if (step === undefined || typeof index !== 'number')
    return { step: null, field: String(root ?? ''), path: pointer };
  return {
    step: { index, sequence: stepSequence(step, index), name: step.name },
    field: String(field ?? ''),
    path: pointer,
  };
}

/** Escapes a key as in RFC 6901. */
function escapeKey(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

type Ranges = [number, number][];

function snippetOf(text: string, normalized: string, ranges: Ranges) {
  const mapped = mapRanges(text, normalized, ranges);
  const [first] = mapped.ranges;
  const from = boundary(mapped.text, Math.max(0, (first?.[0] ?? 0) - LEAD_LENGTH));
  const to = boundary(mapped.text, Math.min(mapped.text.length, from + SNIPPET_LENGTH));
  return {
    snippet: mapped.text.slice(from, to),
    ranges: mapped.ranges
      .filter(([start]) => start < to)
      .map(([start, end]): [number, number] => [start - from, Math.min(end, to) - from]),
  };
}

/** A boundary that does not split a surrogate pair. */
function boundary(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  const isSecondHalf = unit >= 0xdc00 && unit <= 0xdfff;
  return isSecondHalf && at > 0 ? at - 1 : at;
}

/**
 * Maps ranges of the normalized text to ranges of the original. If no character-by-character mapping
 * exists, the ranges stay, and the normalized text is shown instead.
 */
function mapRanges(
  text: string,
  normalized: string,
  ranges: Ranges,
): { text: string; ranges: Ranges } {
  if (text.toLowerCase() === normalized && text.length === normalized.length) {
    return { text, ranges };
  }
  const starts: number[] = [];
  const ends: number[] = [];
  let mapped = '';
  for (const { 0: cluster, index } of text.matchAll(/[\s\S]\p{M}*/gu)) {
    const part = normalizeText(cluster);
    mapped += part;
    for (let unit = 0; unit < part.length; unit++) {
      starts.push(index);
      ends.push(index + cluster.length);
    }
  }
  if (mapped !== normalized) return { text: normalized, ranges };
  return {
    text,
    ranges: ranges.map(([start, end]) => [starts[start] ?? 0, ends[end - 1] ?? text.length]),
  };
}
