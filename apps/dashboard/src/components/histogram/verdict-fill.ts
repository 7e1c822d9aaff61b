import type { Verdict } from '@/lib/verdict';

/** The colour of a verdict as a chart fills with it; whoever uses it also says the word. */
export function verdictFill({ tone, hue }: Verdict): string {
  if (tone === 'named') return `oklch(var(--named-lightness) 0.13 ${hue ?? 0})`;
  return `var(--${tone})`;
}
