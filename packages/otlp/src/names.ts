/** Parts of names that differ from run to run: UUIDs, long hex, long numbers. AutoGen puts UUIDs into span names. */
const VARYING =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-z])(?=[0-9a-f]*\d)[0-9a-f]{16,}(?![0-9a-z])|\d{4,}/gi;
const MAX_NAME = 128;

/** A name that is the same in every run. A model's name keeps its digits. */
export function steadyName(name: string, models: (string | undefined)[] = []): string {
  const kept = models.find((model) => model !== undefined && name.includes(model));
  const parts = kept === undefined ? [name] : name.split(kept);
  const steady = parts.map((part) => part.replace(VARYING, '*')).join(kept ?? '');
  return cut(steady.trim(), MAX_NAME);
}

/** A text of at most `max` UTF-16 units that ends with a whole character. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : text.slice(0, max).replace(/[\uD800-\uDBFF]$/, '');
}
