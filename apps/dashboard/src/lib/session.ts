import { signOut } from './access-api';
import { ApiError } from './api-client';
import { isDoor, safeNext, signInHref } from './doors';

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
  location.replace(safeNext(next, location.origin));
}

export async function leave(): Promise<void> {
  await signOut();
  location.replace(signInHref('/'));
}
