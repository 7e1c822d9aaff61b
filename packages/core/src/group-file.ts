import { FAIRNESS_LIMITS } from './fairness-schemas.js';

/**
 * The groups by id, or the fault of the file with its line. The fault never repeats a value of the file.
 */
export type GroupFile = { ok: true; groups: Map<string, string> } | { ok: false; message: string };

const HEADERS = new Set(['id', 'subject', 'subject_id', 'execution', 'execution_id']);
const MAX_TEXT = 256;

/**
 * Reads a CSV file (RFC 4180) with two columns: an id and its group. A first line that names the columns is skipped.
 * JSON is an object of groups by id, or an array of `{id, group}`.
 */
export function readGroupFile(text: string, type: 'csv' | 'json'): GroupFile {
  const rows = type === 'csv' ? csvRows(text.replace(/^\uFEFF/, '')) : jsonRows(text);
  if (rows === null) {
    return fault(
      type === 'csv'
        ? 'The file ends within a quoted field.'
        : 'The file is not JSON of the form {"id": "group"} or [{"id": …, "group": …}].',
    );
  }
  const groups = new Map<string, string>();
  for (const [place, row] of rows.entries()) {
    const [id, group] = row;
    if (row.length === 1 && id === '') continue;
    if (place === 0 && type === 'csv' && HEADERS.has((id ?? '').trim().toLowerCase())) continue;
    const where = `${type === 'csv' ? 'Record' : 'Entry'} ${place + 1}`;
    if (row.length !== 2 || id === undefined || group === undefined) {
      return fault(`${where} does not have two columns: an id and its group.`);
    }
    if (id === '' || group === '' || id.length > MAX_TEXT || group.length > MAX_TEXT) {
      return fault(`${where}: the id and the group need 1 to ${MAX_TEXT} characters each.`);
    }
    if (groups.has(id) && groups.get(id) !== group) {
      return fault(`${where} names another group for an id that was named before.`);
    }
    groups.set(id, group);
    if (groups.size > FAIRNESS_LIMITS.joinedRows) {
      return fault(`The file has more than ${FAIRNESS_LIMITS.joinedRows} ids.`);
    }
  }
  if (groups.size === 0) return fault('The file has no ids.');
  const names = new Set(groups.values()).size;
  if (names > FAIRNESS_LIMITS.groups) {
    return fault(
      `The file has ${names} groups; at most ${FAIRNESS_LIMITS.groups} can be compared.`,
    );
  }
  return { ok: true, groups };
}

function fault(message: string): GroupFile {
  return { ok: false, message };
}

/** Returns null if the text ends within quotes. */
function csvRows(text: string): string[][] | null {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      for (;;) {
        const end = text.indexOf('"', at + 1);
        if (end < 0) return null;
        field += text.slice(at + 1, end);
        at = end + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
    }
    const rest = /[^,\r\n]*/y;
    rest.lastIndex = at;
    const plain = rest.exec(text)?.[0] ?? '';
    field += plain;
    at += plain.length;
    row.push(field);
    if (text[at] === ',') {
      at += 1;
      if (at < text.length) continue;
      row.push('');
    } else {
      at += text.startsWith('\r\n', at) ? 2 : 1;
    }
    rows.push(row);
    row = [];
  }
  return rows;
}

function jsonRows(text: string): string[][] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const pairs: unknown[][] = Array.isArray(value)
    ? value.map((each: unknown) =>
        typeof each === 'object' && each !== null && 'id' in each && 'group' in each
          ? [each.id, each.group]
          : [],
      )
    : Object.entries(value);
  return pairs.map((pair) =>
    pair.every((each) => typeof each === 'string' || typeof each === 'number')
      ? pair.map(String)
      : [],
  );
}
