import type { Verdicts } from './candidates.js';
import { hash32 } from './hash.js';

/** A stratum of the sample, with the places of its candidates that are kept in detail. */
export interface SampledStratum {
  readonly name: string;
  readonly population: number;
  readonly places: readonly number[];
}

/** The least number of candidates kept for each reason. */
const MIN_PER_STRATUM = 5;
/** The number of candidates kept on each side of the cutoff: near misses and near hits. */
const CUTOFF_NEIGHBOURS = 10;

/**
 * Chooses the candidates that are kept in detail (docs/wire-format.md, Sampling of candidates).
 * Within a stratum the choice is by hash(executionId, id), so it is fair and repeatable. Counts do
 * not depend on it.
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
  { kinds, kindOf, cutoff }: Verdicts<T>,
  ids: readonly string[],
  watched: ReadonlySet<string>,
): Map<string, number[]> {
  const strata = new Map<string, number[]>([
    ['watched', []],
    ['near_cutoff', []],
  ]);
  const [watchedPlaces, nearPlaces] = strata.values();
  const placesByKind = kinds.map(({ outcome, reason }) => {
    const name = reason === undefined ? outcome : `${outcome}:${reason}`;
    const places = strata.get(name) ?? [];
    strata.set(name, places);
    return places;
  });
  const selected = kinds.findIndex(({ outcome }) => outcome === 'selected');
  const boundary = cutoff === undefined ? -Infinity : kindOf.lastIndexOf(selected);
  const [nearFrom, nearTo] = [boundary - CUTOFF_NEIGHBOURS, boundary + CUTOFF_NEIGHBOURS];
  for (let place = 0; place < kindOf.length; place += 1) {
    if (watched.size > 0 && watched.has(ids[place] ?? '')) watchedPlaces?.push(place);
    else if (place > nearFrom && place <= nearTo) nearPlaces?.push(place);
    else placesByKind[kindOf[place] ?? 0]?.push(place);
  }
  for (const [name, places] of strata) if (places.length === 0) strata.delete(name);
  return strata;
}

/** Gives each stratum its minimum, then fills the rest in order of importance. */
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
    // Selected candidates get at most half of the room. The rest is for rejected ones.
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

/** The `quota` places whose ids have the smallest hashes, in ascending order of place. */
function chooseByHash(
  places: readonly number[],
  quota: number,
  ids: readonly string[],
  seed: number,
): readonly number[] {
  if (places.length <= quota) return places;
  const hashes = new Float64Array(places.length);
  for (let index = 0; index < places.length; index += 1) {
    hashes[index] = hash32(ids[places[index] ?? 0] ?? '', seed);
  }
  const threshold = smallest(hashes, quota);
  return places.filter((_, index) => (hashes[index] ?? 0) <= threshold).slice(0, quota);
}

/**
 * Returns the `count`th smallest hash. Hashes spread evenly, so it is enough to sort about twice as many.
 */
function smallest(hashes: Float64Array, count: number): number {
  if (count === 0) return -1;
  const guess = (2 ** 33 * count) / hashes.length;
  const low = hashes.filter((hash) => hash <= guess);
  return (low.length < count ? hashes.slice() : low).sort()[count - 1] ?? 0;
}
