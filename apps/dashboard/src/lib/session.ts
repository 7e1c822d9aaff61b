import { endSession } from './access-api';
import { ApiError } from './api-client';
import { isDoor, safeNext, signInHref } from './doors';
import { sessionSource } from './session-source';

/** Before the path of the door whose token it is. */
const KEPT_TOKEN = 'xray.token-of:';

// Whole loads throughout: nothing that one person read stays in memory for the next.

/** When an answer says that nobody is signed in: to the sign-in page, and from there back to here. */
export function leaveIfSignedOut(error: unknown): void {
  if (!isSignedOut(error) || isDoor(location.pathname)) return;
  location.replace(signInHref(`${location.pathname}${location.search}${location.hash}`));
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** To where somebody was going who has just signed in. */
export function arrive(next: string | null): void {
  const place = safeNext(next, location.origin);
  const token = sessionStorage.getItem(KEPT_TOKEN + place);
  sessionStorage.removeItem(KEPT_TOKEN + place);
  location.replace(token === null ? place : `${place}#${token}`);
}

/**
 * Signs in and comes back to this door with what its link grants. That stays in this tab meanwhile, since
 * in `next` it would stand in an address that servers see.
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
