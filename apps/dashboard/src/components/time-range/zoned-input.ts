import { formatAbsolute, parseTime, type Zone } from '@/lib/format';

/** An instant in the format of `<input type="datetime-local">`, in the page's zone. */
export function toZonedInput(iso: string | null, zone: Zone): string {
  if (parseTime(iso) === null) return '';
  return formatAbsolute(iso, zone).slice(0, 19).replace(' ', 'T');
}

/** The instant (ISO-8601, UTC) of such a field's value. Null if it is empty or not a date. */
export function fromZonedInput(value: unknown, zone: Zone): string | null {
  if (typeof value !== 'string' || value === '') return null;
  const at = parseTime(zone === 'utc' ? `${value}Z` : value);
  return at === null ? null : new Date(at).toISOString();
}
