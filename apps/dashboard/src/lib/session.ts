import { endSession } from './access-api';
import { ApiError } from './api-client';
import { isDoor, safeNext, signInHref } from './doors';
import { sessionSource } from './session-source';

/** The prefix of the storage key. The path of the sign-in page follows it. */
const KEPT_TOKEN = 'xray.token-of:';

// Every change of person reloads the page, so no data stays in memory for the next one.

/** On a 401, goes to the sign-in page, which returns here. */
export function leaveIfSignedOut(error: unknown): void {
  if (!isSignedOut(error) || isDoor(location.pathname)) return;
  location.replace(signInHref(`${location.pathname}${location.search}${location.hash}`));
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** Goes to the page that the person wanted before signing in. */
export function arrive(next: string | null): void {
  const place = safeNext(next, location.origin);
  const token = sessionStorage.getItem(KEPT_TOKEN + place);
  sessionStorage.removeItem(KEPT_TOKEN + place);
  location.replace(token === null ? place : `${place}#${token}`);
}

/**
 * Signs in and returns to this page with its token. The token stays in this tab, because servers
 * would see it in `next`.
 */
export function signInAndReturn(token: string): void {
  sessionStorage.setItem(KEPT_TOKEN + location.pathname, token);
  location.assign(signInHref(location.pathname));
}

export async function signOut(): Promise<void> {
  const session = await sessionSource();
  await (session === null ? endSession() : session.signOut());
}

export async function leave(): Promise<void> {
  await signOut();
  location.replace(signInHref('/'));
}
