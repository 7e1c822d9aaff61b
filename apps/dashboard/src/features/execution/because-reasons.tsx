import Link from 'next/link';
import { Term } from '@/components/term';
import { RuleBar } from '@/components/rules/rule-bar';
import { relationText, withNamedUnit } from '@/components/rules/rule-reading';
import { useNames } from '@/lib/dictionary';
import { plural } from '@/lib/format';
import type { Because, BecauseLine } from './because';

const REASONS_SHOWN = 4;

/** The reasons in a line that wraps: `because SCORE_LOW min_score: 612 < 660`. */
export function BecauseReasons({ because, flipHref }: { because: BecauseLine; flipHref: string }) {
  const { reasons, canFlip } = because;
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-4 gap-y-1 text-sm">
      <span aria-hidden className="text-ink-muted max-md:hidden">
        because
      </span>
      <ul aria-label="Reasons" className="contents">
        {reasons.slice(0, REASONS_SHOWN).map((reason, index) => (
          // Codes may repeat, and their order never changes.
          // oxlint-disable-next-line react/no-array-index-key
          <ReasonItem key={index} reason={reason} />
        ))}
        {reasons.length > REASONS_SHOWN ? (
          <li
            className="text-ink-muted"
            title={reasons
              .slice(REASONS_SHOWN)
              .map((reason) => reason.code)
              .join(', ')}
          >
            and {reasons.length - REASONS_SHOWN} more
          </li>
        ) : null}
      </ul>
      {canFlip ? (
        <Link
          href={flipHref}
          prefetch={false}
          className="touch-link text-ink-muted underline decoration-line-strong underline-offset-2 hover:text-ink print:hidden"
        >
          what would change it
        </Link>
      ) : null}
    </div>
  );
}

function ReasonItem({ reason: { code, text, rule, moreRules, candidates } }: { reason: Because }) {
  const names = useNames();
  const relation = rule === null ? '' : relationText(withNamedUnit(rule, names));
  return (
    <li
      className="flex max-w-full min-w-0 items-center gap-x-1.5 max-md:flex-wrap"
      title={[code, text, rule?.rule].filter(Boolean).join(' · ')}
    >
      <span className="max-w-full truncate font-medium">
        <Term kind="reasons" code={code} />
      </span>
      {rule === null ? (
        <span className="max-w-96 truncate text-ink-muted">
          {text ?? (candidates === null ? '' : plural(candidates, 'candidate'))}
        </span>
      ) : (
        <>
          <span className="text-mono max-w-full truncate max-md:whitespace-normal">
            {rule.rule === code ? null : (
              <span className="text-ink-muted">
                <Term kind="rules" code={rule.rule} />
              </span>
            )}
            {rule.rule === code || relation === '' ? ' ' : ': '}
            {relation}
          </span>
          <RuleBar rule={rule} className="w-16" />
          {moreRules > 0 ? <span className="text-ink-muted">+{moreRules}</span> : null}
        </>
      )}
    </li>
  );
}
