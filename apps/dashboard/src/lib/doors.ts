export const SIGN_IN = '/sign-in';
/** Sign-in pages. They have no frame, and a 401 does not redirect from them. */
const DOORS = [SIGN_IN, '/setup', '/invitation', '/reset-password'];

export function isDoor(path: string): boolean {
  return DOORS.includes(path.replace(/\/+$/, ''));
}

function isSignIn(path: string): boolean {
  return path.replace(/\/+$/, '') === SIGN_IN;
}

/** The sign-in page that returns to `next`, a path with its query and fragment. */
export function signInHref(next: string): string {
  return next === '/' ? SIGN_IN : `${SIGN_IN}?${new URLSearchParams({ next })}`;
}

/**
 * The page after signing in: `next` if it is another page of this origin, else the start page. It
 * is resolved as in a browser, because `//host`, `/\\host` and tabs lead elsewhere.
 */
export function safeNext(next: string | null, origin: string): string {
  if (next === null || !next.startsWith('/') || !URL.canParse(next, origin)) return '/';
  const url = new URL(next, origin);
  if (url.origin !== new URL(origin).origin || isSignIn(url.pathname)) return '/';
  // A pathname such as `//host` would lead to another origin.
  return url.pathname.startsWith('//') ? '/' : `${url.pathname}${url.search}${url.hash}`;
}
