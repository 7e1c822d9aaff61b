import type { QueryLeaf, QueryNode, QueryValue } from './query-tree.js';
import { printTime } from './query-values.js';

/** The canonical text of a query. Parsing it gives the same query. */
export function printQuery(query: QueryNode): string {
  switch (query.kind) {
    case 'and':
      return query.nodes
        .map((node) => (node.kind === 'or' ? grouped(node) : printQuery(node)))
        .join(' ');
    case 'or':
      return query.nodes
        .map((node) => (node.kind === 'and' ? grouped(node) : printQuery(node)))
        .join(' OR ');
    case 'not':
      return `-${isLeaf(query.node) ? printLeaf(query.node) : grouped(query.node)}`;
    default:
      return printLeaf(query);
  }
}

/** A value as written after `field:`, quoted if needed. */
export function printQueryValue(text: string): string {
  return /^[^\s"(),<>=*]+$/.test(text) ? text : quote(text);
}

/** Prints `field` or `field.key`. */
export function printQueryField(field: string, key: string | null): string {
  if (key === null) return field;
  return `${field}.${/^[^\s"():]+$/.test(key) ? key : quote(key)}`;
}

function isLeaf(node: QueryNode): node is QueryLeaf {
  return node.kind !== 'and' && node.kind !== 'or' && node.kind !== 'not';
}

function grouped(node: QueryNode): string {
  return `(${printQuery(node)})`;
}

function printLeaf(node: QueryLeaf): string {
  switch (node.kind) {
    case 'term':
      return `${printQueryField(node.field, node.key)}:${node.values.map(printValue).join(',')}`;
    case 'present':
      return `${printQueryField(node.field, node.key)}:*`;
    case 'flag':
      return `${node.field}:${node.value}`;
    case 'duration':
      return `duration:${node.op}${node.amount}${node.unit}`;
    case 'started':
      return `started:${node.op === '=' ? '' : node.op}${printTime(node.time)}`;
    case 'steps':
      return `steps:${node.op === '=' ? '' : node.op}${node.count}`;
    case 'text':
      return node.quoted ? quote(node.text) : node.text;
  }
}

function printValue({ match, text }: QueryValue): string {
  return match === 'is' ? printQueryValue(text) : `${printQueryValue(text)}*`;
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
