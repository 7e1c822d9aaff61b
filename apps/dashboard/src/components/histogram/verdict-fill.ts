import type { Verdict } from '@/lib/verdict';

/** The fill colour of a verdict. The caller also shows the word. */
export function verdictFill({ tone, hue }: Verdict): string {
  if (tone === 'named') return `oklch(var(--named-lightness) 0.13 ${hue ?? 0})`;
  return `var(--${tone})`;
}
