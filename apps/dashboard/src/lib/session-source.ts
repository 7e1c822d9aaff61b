/** A session of Clerk's: what it proves goes along with every request as a token. */
export interface ClerkSession {
  /** A token that is young enough; null when nobody is signed in. */
  token: () => Promise<string | null>;
  /** Stays on this page. */
  signOut: () => Promise<void>;
  /** Where people change what Clerk knows of them. */
  profileUrl: () => string;
}

type Source = { session: ClerkSession | null } | { error: Error };

let source: Source | undefined;
const waiting: (() => void)[] = [];

/**
 * Known once the server has said who signs people in: null where that is the server itself, by cookie.
 *
 * @throws what `failSession` was given, when Clerk should be there and is not
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

/** Requests are told why there is no session; one may still be provided later. */
export function failSession(error: Error): void {
  settle({ error });
}

function settle(settled: Source): void {
  source = settled;
  for (const wake of waiting.splice(0)) wake();
}
