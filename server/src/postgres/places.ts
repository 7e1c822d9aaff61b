import { FIRST_INSTANT_MS, LAST_INSTANT_MS, type ExecutionSort } from '@xray/core';
import type { Place } from '../store/answers.js';
import { UnusablePlace } from '../store/errors.js';

/** The last row of a page: its key in the order, and the id that breaks ties. */
export interface ListPlace {
  /** A time in ms since the epoch, or a duration in ms. */
  key: number;
  id: number;
}

export function writePlace({ key, id }: ListPlace): Place {
  return `${key} ${id}`;
}

export function readPlace(place: Place | undefined, sort: ExecutionSort): ListPlace | undefined {
  if (place === undefined) return undefined;
  const [, ...numbers] = /^(\S+) (\d{1,15})$/.exec(place) ?? [];
  const [key = Number.NaN, id = Number.NaN] = numbers.map(Number);
  const [min, max] = sort.endsWith('duration')
    ? [-1, Number.MAX_VALUE]
    : [FIRST_INSTANT_MS, LAST_INSTANT_MS];
  if (!(key >= min && key <= max) || !Number.isInteger(id)) throw new UnusablePlace();
  return { key, id };
}

/** The place of a row in the order of time. */
export function writeTimePlace({ at, id }: { at: Date | number; id: number }): Place {
  return writePlace({ key: Number(at), id });
}

export function readTimePlace(place: Place | undefined): { at: Date; id: number } | undefined {
  const read = readPlace(place, 'at');
  return read && { at: new Date(read.key), id: read.id };
}
