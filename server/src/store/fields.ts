import { queryLeaves, type QueryNode, type TermNode, type TextNode } from '@xray/core';

/** A condition that no column can answer, but an index over the recorded content can. */
export type Sought = TextNode | (TermNode & { field: 'candidate' });

export function isSought(node: QueryNode): node is Sought {
  return node.kind === 'text' || (node.kind === 'term' && node.field === 'candidate');
}

/** Whether the filter asks for words or candidates. */
export function isSearch(filter: QueryNode): boolean {
  return [...queryLeaves(filter)].some(isSought);
}
