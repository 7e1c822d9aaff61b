interface Position {
  scrollTop: number;
  active: number | null;
}

const MAX_KEPT = 50;
const TOP: Position = { scrollTop: 0, active: null };
/** Positions by history entry and list. */
const positions = new Map<string, Position>();

/** The list's position when this history entry was left. Null on the first visit. */
export function positionOf(list: string): Position | null {
  const key = keyOf(list);
  return (key === null ? undefined : positions.get(key)) ?? null;
}

export function keepPosition(list: string, position: Partial<Position> = {}): void {
  const key = keyOf(list);
  if (key === null) return;
  const old = positions.get(key) ?? TOP;
  positions.delete(key);
  positions.set(key, { ...old, ...position });
  const [oldest] = positions.keys();
  if (positions.size > MAX_KEPT && oldest !== undefined) positions.delete(oldest);
}

/**
 * A known key means that the person went back or forward. Browsers without the Navigation API
 * (https://developer.mozilla.org/docs/Web/API/Navigation) start lists at the top.
 */
function keyOf(list: string): string | null {
  if (typeof window === 'undefined' || !('navigation' in window)) return null;
  const key = window.navigation.currentEntry?.key;
  return key === undefined ? null : `${key} ${list}`;
}
