import type { Verdicts } from './candidates.js';
import { hash32 } from './hash.js';

/** A stratum of the sample: the places of its candidates that are kept in detail. */
export interface SampledStratum {
  readonly name: string;
  readonly population: number;
  readonly places: readonly number[];
}

/** Enough of each reason to show what it looks like. */
const MIN_PER_STRATUM = 5;
/** As many on either side of the cutoff: the near misses and the near hits. */
const CUTOFF_NEIGHBOURS = 10;

/**
 * Chooses which candidates are kept in detail (docs/wire-format.md, Sampling of candidates): the watched,
 * those near the cutoff, the selected, some of each reason, then as many as there is room for. Within a
 * stratum the choice is by hash(executionId, id), so that it is fair and repeats. Counts never depend on it.
 */
export function sampleCandidates<T>(
  verdicts: Verdicts<T>,
  ids: readonly string[],
  watched: ReadonlySet<string>,
  executionId: string,
  maxItems: number,
): SampledStratum[] {
  const strata = groupByStratum(verdicts, ids, watched);
  const quotas = shareOut(strata, maxItems);
  const seed = hash32(executionId);
  return [...strata].map(([name, places], index) => ({
    name,
    population: places.length,
    places: chooseByHash(places, quotas[index] ?? 0, ids, seed),
  }));
}

function groupByStratum<T>(
  verdicts: Verdicts<T>,
  ids: readonly string[],
  watched: ReadonlySet<string>,
): Map<string, number[]> {
  const strata = new Map<string, number[]>();
  const boundary = verdicts.cutoff === undefined ? -1 : verdicts.outcomes.lastIndexOf('selected');
  verdicts.outcomes.forEach((outcome, place) => {
    const reason = verdicts.reasons[place];
    const isNearCutoff =
      boundary >= 0 &&
      place > boundary - CUTOFF_NEIGHBOURS &&
      place <= boundary + CUTOFF_NEIGHBOURS;
    let name: string = outcome;
    if (watched.size > 0 && watched.has(ids[place] ?? '')) name = 'watched';
    else if (isNearCutoff) name = 'near_cutoff';
    else if (reason !== undefined) name = `${outcome}:${reason}`;
    const places = strata.get(name);
    if (places === undefined) strata.set(name, [place]);
    else places.push(place);
  });
  return strata;
}

/** How many of each stratum: first its first claim, then room by room in the order of importance. */
function shareOut(strata: ReadonlyMap<string, readonly number[]>, maxItems: number): number[] {
  const names = [...strata.keys()];
  const sizes = [...strata.values()].map((places) => places.length);
  const quotas = sizes.map(() => 0);
  let room = maxItems;
  const give = (index: number, wanted: number): void => {
    const given = Math.max(0, Math.min(wanted - (quotas[index] ?? 0), room));
    quotas[index] = (quotas[index] ?? 0) + given;
    room -= given;
  };
  const byImportance = names
    .map((_, index) => index)
    .sort((a, b) => rankOf(names[a]) - rankOf(names[b]));
  for (const index of byImportance) {
    const size = sizes[index] ?? 0;
    // Even many selected leave half of the room for the reasons of the others.
    if (rankOf(names[index]) < 3) give(index, Math.min(size, Math.ceil(maxItems / 2)));
    else give(index, Math.min(size, MIN_PER_STRATUM));
  }
  for (const index of byImportance) give(index, sizes[index] ?? 0);
  return quotas;
}

function rankOf(name: string | undefined): number {
  const order = ['watched', 'near_cutoff', 'selected', 'kept'];
  const rank = order.indexOf(name ?? '');
  return rank < 0 ? order.length : rank;
}

function chooseByHash(
  places: readonly number[],
  quota: number,
  ids: readonly string[],
  seed: number,
): readonly number[] {
  if (places.length <= quota) return places;
  if (quota === 0) return [];
  const hashes = Uint32Array.from(places, (place) => hash32(ids[place] ?? '', seed));
  const threshold = hashes.slice().sort()[quota - 1] ?? 0;
  return places.filter((_, index) => (hashes[index] ?? 0) <= threshold).slice(0, quota);
}
