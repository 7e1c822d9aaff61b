import { formatAbsolute, parseTime, type Zone } from '@/lib/format';

/** An instant as `<input type="datetime-local">` holds it, in the zone that the page shows. */
export function toZonedInput(iso: string | null, zone: Zone): string {
  if (parseTime(iso) === null) return '';
  return formatAbsolute(iso, zone).slice(0, 19).replace(' ', 'T');
}

/** The instant (ISO-8601, UTC) of such a field's value; null when it is empty or no date. */
export function fromZonedInput(value: unknown, zone: Zone): string | null {
  if (typeof value !== 'string' || value === '') return null;
  const at = parseTime(zone === 'utc' ? `${value}Z` : value);
  return at === null ? null : new Date(at).toISOString();
}
