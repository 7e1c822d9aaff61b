import type { Facets } from '@xray/core';
import { formatAbsolute, formatCount, plural, type Zone } from '@/lib/format';

/** Notes on counts that do not cover all results. */
export function countedText(
  { counted, notSearched }: Pick<Facets, 'counted' | 'notSearched'>,
  zone: Zone,
): string[] {
  return [
    ...(counted
      ? [
          `Counted over the newest ${formatCount(counted.executions)} executions found, back to ${formatAbsolute(counted.since, zone)}`,
        ]
      : []),
    ...(notSearched
      ? [`Not searched yet: ${plural(notSearched.executions, 'execution')} that arrived just now`]
      : []),
  ];
}
