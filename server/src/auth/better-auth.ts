import { APIError, betterAuth } from 'better-auth';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import type { Request } from 'express';
import { z } from 'zod';
import { DomainError } from '../errors.js';
import type { Driver } from '../postgres/driver.js';
import { isStorable } from '../stored-text.js';
import type { Passwords } from './passwords.js';

/** An internal header: it is set from Express' view of the connection and never taken from the request. */
const IP_HEADER = 'x-xray-client-ip';
const DAY_S = 24 * 60 * 60;

export interface BetterAuthOptions {
  db: Driver['db'];
  /** Signs the cookies. */
  secret: string;
  /** The value of XRAY_PUBLIC_URL. With https, cookies are sent over TLS only. */
  publicUrl: string | undefined;
  /** How long an unused session lasts, in seconds. */
  sessionS: number;
  passwords: Pick<Passwords, 'hash' | 'verify'>;
}

export type BetterAuth = ReturnType<typeof openBetterAuth>;

/**
 * Better Auth is called and never mounted, so that its other endpoints (sign-up, change of address,
 * providers, deletion) cannot be reached. A refusal throws a DomainError.
 */
export function openBetterAuth({ db, secret, publicUrl, sessionS, passwords }: BetterAuthOptions) {
  const auth = betterAuth({
    secret,
    baseURL: publicUrl ?? 'http://localhost',
    basePath: '/api/auth',
    database: { db, type: 'postgres', transaction: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 12,
      password: {
        hash: (password) => passwords.hash(password),
        verify: (task) => passwords.verify(task),
      },
    },
    advanced: {
      cookiePrefix: 'xray',
      useSecureCookies: false,
      database: { generateId: 'uuid', validateSchema: false },
      ipAddress: { ipAddressHeaders: [IP_HEADER] },
    },
    session: {
      modelName: 'sessions',
      expiresIn: sessionS,
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

  return {
    /** The session of a request, and the new cookies if it was extended. */
    readSession: (req: Request) =>
      translated(() => auth.api.getSession({ headers: headersOf(req), returnHeaders: true })),

    /** The cookies of a session whose row is stored. */
    sendSession: (token: string) => auth.api.sendSession({ body: { token }, returnHeaders: true }),

    signOut: (req: Request) =>
      translated(() => auth.api.signOut({ headers: headersOf(req), returnHeaders: true })),

    async verify(email: string, password: string): Promise<string> {
      const { internalAdapter } = await auth.$context;
      const found = isStorable(email)
        ? await internalAdapter.findUserByEmail(email, { includeAccounts: true })
        : undefined;
      const hash = found?.accounts.find(({ providerId }) => providerId === 'credential')?.password;
      // Without an account the same work is done, so the response time does not show who has an
      // account.
      if (!hash) await passwords.hash(password);
      if (found && hash && (await passwords.verify({ hash, password }))) return found.user.id;
      throw wrong();
    },
  };
}

/** Signs the cookie of a session whose row X-Ray wrote together with the audit log's entry. */
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

/** The headers that Better Auth sees. Nothing else of a client's request reaches it. */
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
  return new DomainError('unauthorized', 'The email or the password is wrong.');
}
