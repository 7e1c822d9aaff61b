import type { ApiKey } from '@xray/core';

export type KeyState = 'active' | 'expired' | 'revoked';

export function keyState(key: Pick<ApiKey, 'revokedAt' | 'expiresAt'>, nowMs: number): KeyState {
  if (key.revokedAt !== null) return 'revoked';
  return key.expiresAt !== null && Date.parse(key.expiresAt) <= nowMs ? 'expired' : 'active';
}

/** Working keys first, then the newest. */
export function byUse(keys: readonly ApiKey[], nowMs: number): ApiKey[] {
  const rank = (key: ApiKey) => (keyState(key, nowMs) === 'active' ? 0 : 1);
  return keys.toSorted((a, b) => rank(a) - rank(b) || b.createdAt.localeCompare(a.createdAt));
}

/** Environments from a text with commas or spaces; undefined means all. */
export function environmentsOf(text: string): string[] | undefined {
  const names = [...new Set(text.split(/[\s,]+/).filter(Boolean))];
  return names.length === 0 ? undefined : names;
}
