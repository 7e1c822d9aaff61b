import type { QueryLeaf, QueryNode } from '@xray/core';
import { DomainError } from '../errors.js';
import { ReadTooLong } from '../store/read-within.js';

/** Runs a read; where it takes too long, throws a DomainError that says what to narrow. */
export async function narrowed<T>(
  filter: QueryNode,
  range: { from?: string | undefined; to?: string | undefined },
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ReadTooLong)) throw error;
    const leaves = [...leavesOf(filter)];
    const slow = leaves.find(isSlow);
    const advice = [
      range.from === undefined
        ? 'give the time from which on to look (from)'
        : 'look at a shorter time (from, to)',
      ...(leaves.some((leaf) => leaf.kind === 'term' && leaf.field === 'pipeline')
        ? []
        : ['name a pipeline']),
      ...(slow === undefined ? [] : ['write whole values where the filter has a prefix or steps']),
    ];
    throw new DomainError(
      'too_broad',
      `This looks at more than can be answered within ${error.limitMs / 1000} s. To narrow it: ${advice.join('; ')}.`,
      [
        { path: 'from', code: 'too_broad' },
        ...(slow === undefined ? [] : [{ path: 'q', code: 'too_broad', position: slow.start }]),
      ],
    );
  }
}

/** No index begins with what these ask. */
function isSlow(leaf: QueryLeaf): boolean {
  if (leaf.kind !== 'term') return false;
  return (
    leaf.field === 'step' ||
    leaf.field === 'failed' ||
    leaf.values.some(({ match }) => match === 'prefix')
  );
}

function* leavesOf(node: QueryNode): Generator<QueryLeaf> {
  if (node.kind === 'not') yield* leavesOf(node.node);
  else if (node.kind === 'and' || node.kind === 'or')
    for (const one of node.nodes) yield* leavesOf(one);
  else yield node;
}
