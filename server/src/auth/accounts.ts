import { APIError, betterAuth } from 'better-auth';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { DomainError } from '../errors.js';
import type { Driver } from '../store/driver.js';

/** Ours alone: it is set from what Express knows of the connection, never taken from the request. */
const IP_HEADER = 'x-xray-client-ip';
const DAY_S = 24 * 60 * 60;

export interface AccountsOptions {
  db: Driver['db'];
  /** Signs the cookies. */
  secret: string;
  /** Of XRAY_PUBLIC_URL; with https cookies go over TLS alone. */
  publicUrl: string | undefined;
}

/** Local accounts: passwords, and sessions as cookies. */
export type Accounts = ReturnType<typeof createAccounts>;

/**
 * Better Auth, called and never mounted: what it could do beside this (sign-up, change of address,
 * providers, deletion) has no way in.
 */
export function createAccounts({ db, secret, publicUrl }: AccountsOptions) {
  const auth = betterAuth({
    secret,
    baseURL: publicUrl ?? 'http://localhost',
    basePath: '/api/auth',
    database: { db, type: 'postgres', transaction: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 12 },
    advanced: {
      cookiePrefix: 'xray',
      useSecureCookies: false,
      database: { generateId: 'uuid', validateSchema: false },
      ipAddress: { ipAddressHeaders: [IP_HEADER] },
    },
    session: {
      modelName: 'sessions',
      expiresIn: 14 * DAY_S,
      updateAge: DAY_S,
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    user: {
      modelName: 'users',
      fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    account: {
      modelName: 'accounts',
      fields: {
        userId: 'user_id',
        providerId: 'provider_id',
        accountId: 'account_id',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: {
      modelName: 'verifications',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    plugins: [sessionForUser],
  });

  const isSecure = (req: Request): boolean =>
    req.secure || publicUrl?.startsWith('https:') === true;

  /** Sends a session's cookies on, marked for TLS alone wherever there is TLS. */
  const passCookies = (req: Request, res: Response, headers: Headers): void => {
    // Of an answer under way, whose reader is asked again who they are, it is too late for cookies.
    if (res.headersSent) return;
    for (const cookie of headers.getSetCookie()) {
      res.append('Set-Cookie', isSecure(req) ? `${cookie}; Secure` : cookie);
    }
  };

  return {
    /** The user whose session came with the request; one that is about to end is prolonged. */
    async userOf(req: Request, res: Response): Promise<string | undefined> {
      if (!req.get('cookie')?.includes('xray.session_token')) return undefined;
      const { response, headers } = await translated(() =>
        auth.api.getSession({ headers: headersOf(req), returnHeaders: true }),
      );
      passCookies(req, res, headers);
      return response?.user.id;
    },

    /** @throws DomainError unauthorized, the same for a wrong password and an unknown address. */
    async signIn(req: Request, res: Response, email: string, password: string): Promise<string> {
      const { response, headers } = await translated(() =>
        auth.api.signInEmail({
          body: { email, password },
          headers: headersOf(req, { withCookies: false }),
          returnHeaders: true,
        }),
      );
      passCookies(req, res, headers);
      return response.user.id;
    },

    /** A session for who has proved otherwise who they are, by a link that works once. */
    async startSession(req: Request, res: Response, userId: string): Promise<void> {
      const { headers } = await translated(() =>
        auth.api.startSession({
          body: { userId },
          headers: headersOf(req, { withCookies: false }),
          returnHeaders: true,
        }),
      );
      passCookies(req, res, headers);
    },

    async signOut(req: Request, res: Response): Promise<void> {
      const { headers } = await translated(() =>
        auth.api.signOut({ headers: headersOf(req), returnHeaders: true }),
      );
      passCookies(req, res, headers);
    },

    /** Ends every other session of the user. */
    async changePassword(
      req: Request,
      res: Response,
      change: { currentPassword: string; newPassword: string },
    ): Promise<void> {
      const { headers } = await translated(() =>
        auth.api.changePassword({
          body: { ...change, revokeOtherSessions: true },
          headers: headersOf(req),
          returnHeaders: true,
        }),
      );
      passCookies(req, res, headers);
    },

    async hashPassword(password: string): Promise<string> {
      const { password: passwords } = await auth.$context;
      return await passwords.hash(password);
    },
  };
}

const sessionForUser = {
  id: 'session-for-user',
  endpoints: {
    startSession: createAuthEndpoint(
      '/start-session',
      {
        method: 'POST',
        body: z.object({ userId: z.string() }),
        metadata: { SERVER_ONLY: true },
      },
      async (ctx) => {
        const { internalAdapter } = ctx.context;
        const user = await internalAdapter.findUserById(ctx.body.userId);
        if (!user) throw new APIError('UNAUTHORIZED');
        const session = await internalAdapter.createSession(user.id);
        await setSessionCookie(ctx, { session, user });
        return ctx.json({ userId: user.id });
      },
    ),
  },
};

/** All that Better Auth sees of a request; nothing else that a client sent reaches it. */
function headersOf(req: Request, { withCookies = true } = {}): Headers {
  const headers = new Headers({ [IP_HEADER]: req.ip ?? '' });
  const cookie = req.get('cookie');
  if (withCookies && cookie !== undefined) headers.set('cookie', cookie);
  const agent = req.get('user-agent');
  if (agent !== undefined) headers.set('user-agent', agent);
  return headers;
}

async function translated<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    if (error.statusCode >= 500) throw error.cause ?? error;
    // A wrong current password comes as a 400; to us every refusal of Better Auth's is one of a credential.
    throw new DomainError('unauthorized', 'The address or the password is wrong.');
  }
}
