import type { Rule } from '@xray/core';
import { cn } from '@/lib/cn';
import { ruleBar } from './rule-reading';

/** Draws a value and its threshold to scale from 0. Draws nothing if one is not a number, or negative. */
export function RuleBar({
  rule,
  className,
}: {
  rule: Pick<Rule, 'actual' | 'threshold' | 'result'>;
  className?: string;
}) {
  const bar = ruleBar(rule);
  if (bar === null) return null;
  return (
    <span
      aria-hidden
      className={cn(
        'relative inline-block h-1.5 shrink-0 rounded-full bg-sunken print:border print:border-line-strong',
        className,
      )}
    >
      <span
        className={cn(
          'absolute inset-y-0 left-0 rounded-full [print-color-adjust:exact]',
          rule.result === 'fail' ? 'bg-negative' : 'bg-neutral',
        )}
        style={{ width: `${bar.actual * 100}%` }}
      />
      <span
        className="absolute -inset-y-0.5 w-0.5 bg-ink [print-color-adjust:exact]"
        style={{ left: `${bar.threshold * 100}%` }}
      />
    </span>
  );
}
