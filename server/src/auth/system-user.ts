import { userInfo } from 'node:os';

/**
 * The command line sends this header over the data directory's socket, which only the owner of the
 * files can open.
 */
export const SYSTEM_USER_HEADER = 'x-xray-system-user';

/** The name of the user who runs this process, or the number if the system knows no name. */
export function systemUser(): string {
  try {
    return userInfo().username.replaceAll(/[^\x20-\x7e]/g, '?');
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** The name in a header; null if the header has no printable name. */
export function systemUserIn(header: string | undefined): string | null {
  return header !== undefined && /^[\x20-\x7e]{1,128}$/.test(header) ? header : null;
}
