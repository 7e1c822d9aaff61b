import { allOf, type QueryNode } from '@xray/core';
import { compileFilter, isOfAlike } from './compile-filter.js';
import type { Condition, CountConditions, CountScope } from '../scope.js';
import type { BoundedScope } from '../../store/execution-store.js';

/** The condition of a filter without words and candidates on `xray.executions e`. */
export function conditionOf(filter: QueryNode, nowMs: number): Condition {
  return compileFilter(filter, {
    now: nowMs,
    seek: () => {
      throw new TypeError('a filter with words was not refused');
    },
  });
}

/**
 * The conditions for counting. The pipelines are checked for each row, because an index begins with
 * them. If the filter is one of several alternatives (`isAlone: false`), no index applies.
 */
export function countConditionsOf(
  filter: QueryNode,
  nowMs: number,
  { isAlone = true } = {},
): CountConditions {
  const parts = partsOf(filter);
  const isAskedOnce = (part: QueryNode): boolean =>
    isOfAlike(part) && !(isAlone && part.kind === 'term' && part.field === 'pipeline');
  return {
    where: conditionOf(allOf(parts.filter((part) => !isAskedOnce(part))), nowMs),
    alike: conditionOf(allOf(parts.filter(isAskedOnce)), nowMs),
  };
}

export function countScopeOf<Question extends BoundedScope>(
  question: Question,
): Question & CountScope {
  return { ...question, ...countConditionsOf(question.filter, question.nowMs) };
}

/** The conditions that must all hold. */
export function partsOf(node: QueryNode): QueryNode[] {
  return node.kind === 'and' ? node.nodes.flatMap(partsOf) : [node];
}
