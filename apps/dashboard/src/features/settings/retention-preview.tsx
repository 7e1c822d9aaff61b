import type { RetentionPreview } from '@xray/core';
import { formatCount, plural } from '@/lib/format';

const CELL = 'px-2 py-1 text-left align-top';
const NUMBER = 'px-2 py-1 text-right align-top text-mono';

/** What the rules would delete, and when. */
export function RetentionPreviewTable({ preview }: { preview: RetentionPreview }) {
  if (preview.groups.length === 0) {
    return <output className="text-sm text-ink-muted">The app has no executions.</output>;
  }
  const days = preview.goes.within.map((each) => each.days);
  return (
    <output className="flex flex-col gap-2">
      <p className="text-sm">
        {preview.goes.now === 0
          ? 'The next run would delete nothing.'
          : `The next run would delete ${plural(preview.goes.now, 'execution')} of ${formatCount(preview.executions)}.`}
        {preview.held > 0 ? ` A legal hold protects ${formatCount(preview.held)}.` : ''}
      </p>
      {/* A scrolling box without focusable content must be focusable itself (WCAG 2.1.1). */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section tabIndex={0} aria-label="Preview" className="overflow-x-auto">
        <table className="w-full min-w-[36rem] text-sm">
          <thead className="text-xs text-ink-muted">
            <tr className="border-b border-line">
              <th className={CELL}>Environment</th>
              <th className={CELL}>Pipeline</th>
              <th className={CELL}>Kept</th>
              <th className={NUMBER}>Executions</th>
              <th className={NUMBER}>Next run</th>
              {days.map((each) => (
                <th key={each} className={NUMBER}>
                  {plural(each, 'day')}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.groups.map((group) => (
              <tr
                key={`${group.environment} ${group.pipeline}`}
                className="border-b border-line last:border-0"
              >
                <td className={`${CELL} wrap-anywhere`}>{group.environment}</td>
                <td className={`${CELL} wrap-anywhere`}>{group.pipeline}</td>
                <td className={CELL}>{keptText(group)}</td>
                <td className={NUMBER}>{formatCount(group.executions)}</td>
                <td className={NUMBER}>{formatCount(group.goes.now)}</td>
                {group.goes.within.map((each) => (
                  <td key={each.days} className={NUMBER}>
                    {formatCount(each.executions)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className="text-xs text-ink-muted">
        Each column counts the executions that are deleted within that number of days, if no more
        arrive.
      </p>
    </output>
  );
}

function keptText({ held, days, firstInDays }: RetentionPreview['groups'][number]): string {
  if (held) return 'held';
  if (days === null) return 'forever';
  if (firstInDays === null || firstInDays === 0) return plural(days, 'day');
  return `${plural(days, 'day')}, first in ${firstInDays}`;
}
