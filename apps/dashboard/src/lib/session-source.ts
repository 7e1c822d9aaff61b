/** A Clerk session. Its token goes along with every request. */
export interface ClerkSession {
  /** A fresh token. Null if nobody is signed in. */
  token: () => Promise<string | null>;
  /** Signs out and stays on this page. */
  signOut: () => Promise<void>;
  /** The address of the person's Clerk profile. */
  profileUrl: () => string;
}

type Source = { session: ClerkSession | null } | { error: Error };

let source: Source | undefined;
const waiting: (() => void)[] = [];

/**
 * The way to authenticate, once the server has said who signs people in. Null means cookies of the
 * server itself.
 *
 * @throws the error given to `failSession`, if Clerk is configured but unavailable
 */
export async function sessionSource(): Promise<ClerkSession | null> {
  if (source === undefined) await new Promise<void>((resolve) => waiting.push(resolve));
  if (source === undefined) throw new TypeError('nobody is woken before it is known');
  if ('error' in source) throw source.error;
  return source.session;
}

export function provideSession(session: ClerkSession | null): void {
  settle({ session });
}

/** Fails waiting requests with an error. A session may still be provided later. */
export function failSession(error: Error): void {
  settle({ error });
}

function settle(settled: Source): void {
  source = settled;
  for (const wake of waiting.splice(0)) wake();
}
