import { UnusablePlace } from '../store/errors.js';
import type { Place } from '../store/answers.js';

/** A row's key in the order of a list, and its id. */
export interface ListPlace {
  key: number;
  id: string;
}

export function writePlace({ key, id }: ListPlace): Place {
  return `${key} ${id}`;
}

/** @throws UnusablePlace for a text that `writePlace` did not make. */
export function readPlace(place: Place): ListPlace {
  const [, key, id] = /^(-?\d+(?:\.\d+)?(?:e[+-]\d+)?) ([\w.:-]{1,128})$/.exec(place) ?? [];
  if (key === undefined || id === undefined || !Number.isFinite(Number(key))) {
    throw new UnusablePlace();
  }
  return { key: Number(key), id };
}
