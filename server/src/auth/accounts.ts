import { randomBytes } from 'node:crypto';
import { APIError, betterAuth } from 'better-auth';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { DomainError } from '../errors.js';
import type { NewSession } from '../store/access-store.js';
import type { Driver } from '../store/driver.js';

/** Ours alone: it is set from what Express knows of the connection, never taken from the request. */
const IP_HEADER = 'x-xray-client-ip';
const DAY_S = 24 * 60 * 60;
/** How long a session lasts that is not used. */
const SESSION_S = 14 * DAY_S;

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
      expiresIn: SESSION_S,
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
    plugins: [sessionCookie],
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

    /**
     * The user whose password it is.
     *
     * @throws DomainError unauthorized, the same and as late for a wrong password and an unknown address.
     */
    async verify(email: string, password: string): Promise<string> {
      const { internalAdapter, password: passwords } = await auth.$context;
      const found = await internalAdapter.findUserByEmail(email, { includeAccounts: true });
      const hash = found?.accounts.find(({ providerId }) => providerId === 'credential')?.password;
      // The same work for nothing, so that the time does not tell who has an account.
      if (!hash) await passwords.hash(password);
      if (found && hash && (await passwords.verify({ hash, password }))) return found.user.id;
      throw wrong();
    },

    /** A session for who has proved who they are. Its row is the caller's to write, before it is sent. */
    newSession(req: Request) {
      const token = randomBytes(32).toString('base64url');
      const expiresAt = new Date(Date.now() + SESSION_S * 1000);
      return {
        of: (userId: string): NewSession => ({
          userId,
          token,
          expiresAt,
          ip: req.ip ?? '',
          userAgent: req.get('user-agent') ?? '',
        }),
        /** Sends its cookie, once the row is there. */
        async send(res: Response): Promise<void> {
          const { headers } = await auth.api.sendSession({ body: { token }, returnHeaders: true });
          passCookies(req, res, headers);
        },
      };
    },

    async signOut(req: Request, res: Response): Promise<void> {
      const { headers } = await translated(() =>
        auth.api.signOut({ headers: headersOf(req), returnHeaders: true }),
      );
      passCookies(req, res, headers);
    },

    async hashPassword(password: string): Promise<string> {
      const { password: passwords } = await auth.$context;
      return await passwords.hash(password);
    },
  };
}

/** Signs the cookie of a session whose row we wrote ourselves, with the audit log's entry. */
const sessionCookie = {
  id: 'session-cookie',
  endpoints: {
    sendSession: createAuthEndpoint(
      '/send-session',
      {
        method: 'POST',
        body: z.object({ token: z.string() }),
        metadata: { SERVER_ONLY: true },
      },
      async (ctx) => {
        const session = await ctx.context.internalAdapter.findSession(ctx.body.token);
        if (!session) throw new APIError('UNAUTHORIZED');
        await setSessionCookie(ctx, session);
        return ctx.json({});
      },
    ),
  },
};

/** All that Better Auth sees of a request; nothing else that a client sent reaches it. */
function headersOf(req: Request): Headers {
  const headers = new Headers({ [IP_HEADER]: req.ip ?? '' });
  const cookie = req.get('cookie');
  if (cookie !== undefined) headers.set('cookie', cookie);
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
    throw wrong();
  }
}

function wrong(): DomainError {
  return new DomainError('unauthorized', 'The address or the password is wrong.');
}
