/** The small JSON files that a check reads, wherever they come from. */

/** The state of a log that an auditor keeps from one check to the next. */
export interface Kept {
  origin: string;
  size: number;
  /** Base64. */
  root: string;
}

/** What an export says about itself: whether it holds the whole app, and up to which leaf. */
export interface About {
  whole: boolean;
  upTo: number;
}

/** Undefined if the text is no state of an earlier check. */
export function readKept(text: string): Kept | undefined {
  const { origin, size, root } = membersIn(text);
  if (typeof origin !== 'string' || typeof root !== 'string') return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size)) return undefined;
  return { origin, size, root };
}

/** Undefined if the text is no `about.json`. */
export function readAbout(text: string): About | undefined {
  const { whole, upTo } = membersIn(text);
  if (typeof whole !== 'boolean' || typeof upTo !== 'number') return undefined;
  return { whole, upTo };
}

export const ABOUT_FAULT = 'about.json must hold `whole` (true or false) and `upTo` (a number)';

function membersIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
