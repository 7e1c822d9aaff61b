import type { Json, Mark } from '@xray/core';
import { formatBytes, formatCount } from '@/lib/format';
import { isJsonLeaf, unescapePointer } from './json-rows';

export interface PlacedMarks {
  /** The marks shown at each value. The key is the value's JSON pointer. */
  at: ReadonlyMap<string, readonly Mark[]>;
  /** The number of marks deeper inside a container, by the container's pointer. */
  within: ReadonlyMap<string, number>;
}

/** Marks of the value at `basePointer` and of the values inside it. */
export function marksBelow(marks: readonly Mark[], basePointer: string): Mark[] {
  return marks.filter(
    (mark) => mark.path === basePointer || mark.path.startsWith(`${basePointer}/`),
  );
}

/**
 * Puts each mark at its value. If the value no longer exists (dropped, cut off), the mark is at the
 * nearest existing container.
 */
export function placeMarks(value: Json, basePointer: string, marks: readonly Mark[]): PlacedMarks {
  const at = new Map<string, Mark[]>();
  const within = new Map<string, number>();
  for (const mark of marksBelow(marks, basePointer)) {
    let pointer = basePointer;
    let current: Json | undefined = value;
    const around: string[] = [];
    for (const part of mark.path.slice(basePointer.length).split('/').slice(1)) {
      const next = childOf(current, unescapePointer(part));
      if (next === undefined) break;
      around.push(pointer);
      pointer = `${pointer}/${part}`;
      current = next;
    }
    at.set(pointer, [...(at.get(pointer) ?? []), mark]);
    for (const each of around) within.set(each, (within.get(each) ?? 0) + 1);
  }
  return { at, within };
}

function childOf(value: Json | undefined, key: string): Json | undefined {
  if (isJsonLeaf(value) || !Object.hasOwn(value, key)) return undefined;
  return Array.isArray(value) ? value[Number(key)] : value[key];
}

/** What happened to a value, in words: `12 KB cut here`, `redacted by ssn`. */
export function markText(mark: Mark): string {
  switch (mark.kind) {
    case 'truncated':
      return `${lostText(mark) ?? 'part'} cut here`;
    case 'sampled':
      return typeof mark.kept === 'number' && typeof mark.original === 'number'
        ? `${keptText(mark.kept, mark.original, mark.unit)} kept`
        : 'sampled';
    case 'dropped':
      return `${lostText(mark) ?? 'part'} dropped`;
    case 'redacted':
      return typeof mark.rule === 'string' ? `redacted by ${mark.rule}` : 'redacted';
    case 'redactor_error':
      return 'removed: the redaction failed';
    case 'clock_skew':
      return 'the clock was wrong';
    case 'circular':
      return 'circular reference cut here';
    case 'coerced':
      return 'changed to fit JSON';
    default:
      return mark.kind;
  }
}

function lostText(mark: Mark): string | null {
  if (typeof mark.original !== 'number') return null;
  return amountText(Math.max(0, mark.original - (mark.kept ?? 0)), mark.unit);
}

function keptText(kept: number, original: number, unit: Mark['unit']): string {
  const [few, all] = [amountText(kept, unit), amountText(original, unit)];
  if (few !== all || kept === original) return `${few} of ${all}`;
  return `${formatCount(kept)} of ${formatCount(original)} ${unit ?? 'items'}`;
}

function amountText(amount: number, unit: Mark['unit']): string {
  if (unit === 'bytes') return formatBytes(amount);
  if (unit === 'depth') return `${formatCount(amount)} levels`;
  return `${formatCount(amount)} ${unit ?? 'items'}`;
}
