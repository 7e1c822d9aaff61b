import { queryLeaves, type QueryLeaf, type QueryNode } from '@xray/core';
import { DomainError } from '../errors.js';
import { ReadTooLong } from '../store/errors.js';

/** A filter with its range, and the parameter names of the question. */
export interface Side {
  /** Undefined if the question takes no filter. */
  filter: QueryNode | undefined;
  from: string | undefined;
  names: { q: string; from: string; to: string };
}

/** Runs a read. If it takes too long, throws a DomainError that says what to narrow. */
export async function narrowed<T>(
  filter: Side['filter'],
  { from }: { from?: string | undefined },
  read: () => Promise<T>,
): Promise<T> {
  return await narrowedSides([{ filter, from, names: { q: 'q', from: 'from', to: 'to' } }], read);
}

/** The same for a question with several filters. */
export async function narrowedSides<T>(sides: Side[], read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ReadTooLong)) throw error;
    const open = sides.filter(({ from }) => from === undefined).map(({ names }) => names.from);
    const bounds = sides.flatMap(({ names }) => [names.from, names.to]);
    const slow = sides.flatMap(({ filter, names }) => {
      const leaf = filter && [...queryLeaves(filter)].find(isSlow);
      return leaf === undefined ? [] : [{ path: names.q, position: leaf.start }];
    });
    const advice = [
      open.length > 0
        ? `set a start time (${open.join(', ')})`
        : `choose a shorter time range (${bounds.join(', ')})`,
      ...(sides.every(({ filter }) => namesPipeline(filter)) ? [] : ['name a pipeline']),
      ...(slow.length === 0 ? [] : ['use complete values instead of a prefix or steps']),
    ];
    throw new DomainError(
      'too_broad',
      `This query takes longer than ${error.limitMs / 1000} s. To narrow it: ${advice.join('; ')}.`,
      [
        ...sides.map(({ names }) => ({ path: names.from, code: 'too_broad' })),
        ...slow.map((place) => ({ ...place, code: 'too_broad' })),
      ],
    );
  }
}

function namesPipeline(filter: Side['filter']): boolean {
  if (filter === undefined) return true;
  return [...queryLeaves(filter)].some((leaf) => leaf.kind === 'term' && leaf.field === 'pipeline');
}

/** No index begins with the column of these conditions. */
function isSlow(leaf: QueryLeaf): boolean {
  if (leaf.kind !== 'term') return false;
  return (
    leaf.field === 'step' ||
    leaf.field === 'failed' ||
    leaf.values.some(({ match }) => match === 'prefix')
  );
}
