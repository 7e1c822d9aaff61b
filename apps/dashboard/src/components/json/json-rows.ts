import type { ExactNumber, Json } from '@xray/core';
import { isExactNumber } from '@xray/core/exact-json';
import { wrapText } from './text-lines';

/**
 * More children than this are shown in groups of this size, so that an opened node has a bounded
 * number of rows.
 */
export const GROUP_SIZE = 1_000;
/** A string that is longer or has several lines can be expanded into lines. */
export const LONG_STRING = 120;
const INITIAL_ROWS = 120;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const INITIAL_CHILDREN = 40;

export type JsonShape = 'object' | 'array' | 'text' | 'group' | 'leaf' | 'line';

/** One line of the tree. All lines have the same height. */
export interface JsonRow {
  /** Unique in the tree, and stable as long as the value does not change. */
  id: string;
  /**
   * JSON Pointer (RFC 6901) of the row's value. For a group or a line of text, of the value around
   * it.
   */
  pointer: string;
  depth: number;
  /** Key, index, or the first and last of a group; null for the root and for lines of text. */
  label: string | number | null;
  shape: JsonShape;
  value: Json;
  /** The number of children: keys, elements, lines, or those of the group. */
  size: number;
  /** Null if it cannot be opened. */
  open: boolean | null;
  /** Set on a line whose paragraph is read from right to left. */
  dir?: 'rtl';
}

interface JsonNode extends Omit<JsonRow, 'open'> {
  /** The children of a group, or the lines of a text: from (inclusive) to (exclusive). */
  from: number;
  to: number;
}

export interface JsonRowsOptions {
  /** Ids of open nodes. */
  open: ReadonlySet<string>;
  /** The pointer of the root in the snapshot, by which marks find their values. */
  basePointer: string;
  /** Characters in a line of a long string. */
  lineLength: number;
}

/** The lines of a value whose containers in `open` are open. It never walks into a closed one. */
export function jsonRows(value: Json, options: JsonRowsOptions): JsonRow[] {
  const rows: JsonRow[] = [];
  append(rows, nodeOf(value, options.basePointer, null, 0, options), options);
  return rows;
}

function append(rows: JsonRow[], node: JsonNode, options: JsonRowsOptions): void {
  const canOpen = node.shape !== 'leaf' && node.shape !== 'line' && node.size > 0;
  const open = canOpen && options.open.has(node.id);
  rows.push({ ...node, open: canOpen ? open : null });
  if (!open) return;
  for (const child of childrenOf(node, options)) append(rows, child, options);
}

/**
 * Ids to open at first: outermost first, as long as they add few lines. The root is always open,
 * because people open the tree to see it.
 */
export function initiallyOpen(value: Json, basePointer: string): Set<string> {
  const options = { open: new Set<string>(), basePointer, lineLength: LONG_STRING };
  const root = nodeOf(value, basePointer, null, 0, options);
  const open = new Set<string>();
  let rows = 1;
  let level = [root];
  while (level.length > 0) {
    const next: JsonNode[] = [];
    for (const node of level) {
      if (node.shape === 'leaf' || node.shape === 'line' || node.size === 0) continue;
      const shown = Math.min(node.size, GROUP_SIZE);
      const small =
        node.size <= INITIAL_CHILDREN && node.shape !== 'text' && rows + shown <= INITIAL_ROWS;
      if (node !== root && !small) continue;
      open.add(node.id);
      rows += shown;
      if (node.size <= GROUP_SIZE) next.push(...childrenOf(node, options));
    }
    level = next;
  }
  return open;
}

/** Ids of a container and of the containers in it, as long as they add at most `maxRows` lines. */
export function openWithin(value: Json, pointer: string, maxRows: number): Set<string> {
  const options = { open: new Set<string>(), basePointer: pointer, lineLength: LONG_STRING };
  const open = new Set<string>();
  const queue = [nodeOf(value, pointer, null, 0, options)];
  let rows = 1;
  for (const node of queue) {
    if (node.shape === 'leaf' || node.shape === 'line' || node.shape === 'text') continue;
    const shown = node.shape === 'group' ? node.size : groupCount(node.size);
    if (rows + shown > maxRows) continue;
    rows += shown;
    open.add(node.id);
    queue.push(...childrenOf(node, options));
  }
  return open;
}

function nodeOf(
  value: Json,
  pointer: string,
  label: string | number | null,
  depth: number,
  options: Pick<JsonRowsOptions, 'lineLength'>,
): JsonNode {
  const node = { id: pointer, pointer, label, depth, value };
  if (Array.isArray(value))
    return { ...node, shape: 'array', size: value.length, from: 0, to: value.length };
  if (isJsonObject(value)) {
    const size = Object.keys(value).length;
    return { ...node, shape: 'object', size, from: 0, to: size };
  }
  if (typeof value === 'string' && isLong(value)) {
    const size = wrapText(value, options.lineLength).length;
    return { ...node, shape: 'text', size, from: 0, to: size };
  }
  return { ...node, shape: 'leaf', size: 0, from: 0, to: 0 };
}

export function isJsonObject(value: Json | undefined): value is { [key: string]: Json } {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value)
  );
}

/** Whether the value is a text, a number, true, false or null, so it contains no other value. */
export function isJsonLeaf(
  value: Json | undefined,
): value is string | number | ExactNumber | boolean | null | undefined {
  return typeof value !== 'object' || value === null || isExactNumber(value);
}

function isLong(text: string): boolean {
  return text.length > LONG_STRING || text.includes('\n');
}

function groupCount(count: number): number {
  return count <= GROUP_SIZE ? count : Math.ceil(count / groupStep(count));
}

/**
 * The size of a group of children: a thousand, or that times a power of a thousand, so that there
 * are few groups too.
 */
function groupStep(count: number): number {
  let step = GROUP_SIZE;
  while (count / step > GROUP_SIZE) step *= GROUP_SIZE;
  return step;
}

/** Ids of the groups around a child, outermost first; empty if there are few children. */
export function groupIdsTo(pointer: string, size: number, index: number): string[] {
  const ids: string[] = [];
  let [from, to] = [0, size];
  while (to - from > GROUP_SIZE) {
    const step = groupStep(to - from);
    from += Math.floor((index - from) / step) * step;
    to = Math.min(to, from + step);
    ids.push(groupId(pointer, from, to));
  }
  return ids;
}

function groupId(pointer: string, from: number, to: number): string {
  return `${pointer}\n${from}-${to}`;
}

function childrenOf(node: JsonNode, options: Pick<JsonRowsOptions, 'lineLength'>): JsonNode[] {
  const count = node.to - node.from;
  if (count > GROUP_SIZE) return groupsOf(node, groupStep(count));
  const depth = node.depth + 1;
  const { value, pointer, from, to } = node;
  if (Array.isArray(value)) {
    return value
      .slice(from, to)
      .map((child, offset) =>
        nodeOf(child, `${pointer}/${from + offset}`, from + offset, depth, options),
      );
  }
  if (typeof value === 'string') {
    return wrapText(value, options.lineLength)
      .slice(from, to)
      .map(({ text, ...line }, offset) => ({
        ...line,
        id: `${pointer}\n${from + offset}`,
        pointer,
        label: null,
        depth,
        shape: 'line' as const,
        value: text,
        size: 0,
        from: 0,
        to: 0,
      }));
  }
  if (!isJsonObject(value)) return [];
  return Object.keys(value)
    .slice(from, to)
    .map((key) =>
      nodeOf(value[key] ?? null, `${pointer}/${escapePointer(key)}`, key, depth, options),
    );
}

function groupsOf(node: JsonNode, step: number): JsonNode[] {
  const groups: JsonNode[] = [];
  for (let from = node.from; from < node.to; from += step) {
    const to = Math.min(node.to, from + step);
    groups.push({
      ...node,
      id: groupId(node.pointer, from, to),
      label: `${from} … ${to - 1}`,
      depth: node.depth + 1,
      shape: 'group',
      size: to - from,
      from,
      to,
    });
  }
  return groups;
}

/** A key as a part of a JSON Pointer (RFC 6901, section 3). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** A pointer below `basePointer` in the notation of code: `input.items[0]["a b"]`. */
export function readablePath(
  pointer: string,
  basePointer: string,
  rootName: string,
  root: Json,
): string {
  let path = rootName;
  let value: Json | undefined = root;
  for (const part of pointer.slice(basePointer.length).split('/').slice(1)) {
    const key = unescapePointer(part);
    if (Array.isArray(value)) {
      path += `[${key}]`;
      value = value[Number(key)];
      continue;
    }
    path += IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    value = isJsonObject(value) ? value[key] : undefined;
  }
  return path;
}

/**
 * A pointer in the notation of code, without the values. Every part that looks like an index is
 * treated as one.
 */
export function pointerText(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map(unescapePointer)
    .map((key) => {
      if (/^\d+$/.test(key)) return `[${key}]`;
      return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    })
    .join('')
    .replace(/^\./, '');
}
