/** Text with some of its ranges marked: [start, end) in UTF-16 code units, in order. */
export function Highlighted({
  text,
  ranges,
}: {
  text: string;
  ranges: readonly (readonly [number, number])[];
}) {
  if (ranges.length === 0) return text;
  return ranges.map(([start, end], index) => (
    <span key={start}>
      {text.slice(ranges[index - 1]?.[1] ?? 0, start)}
      <mark className="rounded-xs bg-warn-soft font-medium text-ink">{text.slice(start, end)}</mark>
      {index === ranges.length - 1 ? text.slice(end) : null}
    </span>
  ));
}
