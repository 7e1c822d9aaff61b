'use client';

import { store, useStored } from '@/lib/preferences';

const MAX_RECENT = 20;

/** The filters recently used in an app in this browser, newest first. */
export function useRecentFilters(app: string): readonly string[] {
  return parseRecent(useStored(keyOf(app)));
}

export function rememberFilter(app: string, recent: readonly string[], filter: string): void {
  if (filter.trim() === '') return;
  const others = recent.filter((each) => each !== filter);
  store(keyOf(app), JSON.stringify([filter, ...others].slice(0, MAX_RECENT)));
}

/** Parses the stored text, which other programs may have changed. */
export function parseRecent(text: string | null): string[] {
  if (text === null) return [];
  try {
    const kept: unknown = JSON.parse(text);
    return Array.isArray(kept) ? kept.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

function keyOf(app: string): string {
  return `xray.filters.${app}`;
}
