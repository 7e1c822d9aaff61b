import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import type { NewSession } from '../store/access-store.js';
import type { BetterAuth, BetterAuthOptions } from './better-auth.js';
import type { Origin } from './guess-limit.js';

/** How long an unused session lasts. */
const SESSION_S = 14 * 24 * 60 * 60;
/** The id of a browser that somebody has signed in with. It grants nothing. */
const DEVICE_COOKIE = 'xray.device';
const DEVICE_S = 365 * 24 * 60 * 60;

/** Local accounts: passwords, and sessions as cookies. */
export type Accounts = ReturnType<typeof createAccounts>;

export function createAccounts(options: Omit<BetterAuthOptions, 'sessionS'>) {
  const { publicUrl } = options;
  let opened: Promise<BetterAuth> | undefined;
  // Loading Better Auth takes half the time of a short command, which does not need it.
  const auth = (): Promise<BetterAuth> =>
    (opened ??= import('./better-auth.js').then(({ openBetterAuth }) =>
      openBetterAuth({ ...options, sessionS: SESSION_S }),
    ));

  const isSecure = (req: Request): boolean =>
    req.secure || publicUrl?.startsWith('https:') === true;

  /** Sends a session's cookies on, marked as Secure where the connection has TLS. */
  const passCookies = (req: Request, res: Response, headers: Headers): void => {
    // A long answer checks its reader again after the headers are sent. It is too late for cookies
    // then.
    if (res.headersSent) return;
    for (const cookie of headers.getSetCookie()) {
      res.append('Set-Cookie', isSecure(req) ? `${cookie}; Secure` : cookie);
    }
  };

  return {
    /** Loads the library ahead of time, so that the first sign-in does not wait for it. */
    async load(): Promise<void> {
      await auth();
    },

    /** The user of the request's session. A session that ends soon is extended. */
    async userOf(req: Request, res: Response): Promise<string | undefined> {
      if (!req.get('cookie')?.includes('xray.session_token')) return undefined;
      const { response, headers } = await (await auth()).readSession(req);
      passCookies(req, res, headers);
      return response?.user.id;
    },

    /**
     * Returns the id of the user with this address and password.
     *
     * @throws DomainError unauthorized. A wrong password and an unknown address get the same answer in the same time.
     */
    async verify(email: string, password: string): Promise<string> {
      return await (await auth()).verify(email, password);
    },

    /**
     * A session for somebody who has proved who they are. The caller stores its row before the
     * cookie is sent.
     */
    newSession(req: Request) {
      const token = randomBytes(32).toString('base64url');
      const expiresAt = new Date(Date.now() + SESSION_S * 1000);
      const device = deviceOf(req) ?? randomBytes(16).toString('base64url');
      return {
        /** The origin of the session, for GuessLimit. */
        origin: { ip: req.ip ?? '', device } satisfies Origin,
        of: (userId: string): NewSession => ({
          userId,
          token,
          expiresAt,
          ip: req.ip ?? '',
          userAgent: req.get('user-agent') ?? '',
        }),
        /** Sends the session's cookie, once its row is stored, and then the browser's cookie. */
        async send(res: Response): Promise<void> {
          const { headers } = await (await auth()).sendSession(token);
          headers.append('Set-Cookie', deviceCookie(device));
          passCookies(req, res, headers);
        },
      };
    },

    async signOut(req: Request, res: Response): Promise<void> {
      const { headers } = await (await auth()).signOut(req);
      passCookies(req, res, headers);
    },

    /** The origin of a request, for GuessLimit. */
    originOf: (req: Request): Origin => ({ ip: req.ip ?? '', device: deviceOf(req) }),
  };
}

function deviceOf(req: Request): string | undefined {
  const cookies = req.get('cookie')?.split('; ') ?? [];
  const found = cookies.find((cookie) => cookie.startsWith(`${DEVICE_COOKIE}=`));
  return found?.slice(DEVICE_COOKIE.length + 1).match(/^[\w-]{22}$/)?.[0];
}

function deviceCookie(device: string): string {
  return `${DEVICE_COOKIE}=${device}; Max-Age=${DEVICE_S}; Path=/api; HttpOnly; SameSite=Lax`;
}
