import {
  linkSchema,
  meSchema,
  passwordChangeSchema,
  passwordResetSchema,
  profileChangeSchema,
  setupSchema,
  signInSchema,
  userSchema,
  type User,
} from '@xray/core';
import type { Request, Response } from 'express';
import type { Caller } from '../auth/passwords.js';
import { DomainError } from '../errors.js';
import type { Edits } from '../store/account-store.js';
import { parse, type Call, type Deps, type Route } from './route.js';

/** This route is the same with local accounts and with Clerk. */
export const meRoute: Route = {
  method: 'get',
  path: '/api/me',
  policy: 'anyone',
  summary: 'The signed-in user, or null.',
  answers: { 200: { description: 'The user, or null.', schema: meSchema } },
  async handle({ res, principal }) {
    res.json(principal.kind === 'user' ? principal.user : null);
  },
};

/** Sign-in, sign-out and the caller's own account. */
export function accountRoutes({
  accounts,
  localAccounts,
  passwords,
  guesses,
  links,
}: Deps): Route[] {
  const signedIn = { 200: { description: 'Signed in.', schema: userSchema } };
  return [
    meRoute,
    {
      method: 'patch',
      path: '/api/me',
      policy: 'user',
      audit: 'user.rename',
      summary: 'Changes the caller’s name.',
      body: { kind: 'json', schema: profileChangeSchema },
      answers: { 200: { description: 'The user.', schema: userSchema } },
      async handle(call) {
        const { name } = parse(profileChangeSchema, call.req.body);
        const user = { ...callersOwn(call), name };
        await call.change(async (edits) => ({
          result: await edits.renameUser(user.id, name),
          target: user.email,
        }));
        call.res.json(user);
      },
    },
    {
      method: 'post',
      path: '/api/setup',
      policy: 'public',
      audit: 'setup.claim',
      summary: 'Creates the first administrator, with the link that the server printed.',
      body: { kind: 'json', schema: setupSchema },
      answers: signedIn,
      async handle(call) {
        const { req, res, change } = call;
        const { token, email, name, password } = parse(setupSchema, req.body);
        const nonce = await links.setupNonceOf(token);
        if (nonce === undefined) throw setupIsOver();
        const passwordHash = await passwords.inTurn(callerOf(call), () => passwords.hash(password));
        const first = { email, name, isAdministrator: true, passwordHash };
        await enter(req, res, change, async (edits) => {
          const user = await edits.claimSetup(nonce, first);
          if (user === undefined) throw setupIsOver();
          return { user };
        });
      },
    },
    {
      method: 'post',
      path: '/api/auth/sign-in/email',
      policy: 'public',
      audit: 'user.sign-in',
      summary: 'Signs in. The session is an HttpOnly cookie.',
      // An address that cannot be stored is treated as an unknown one.
      body: { kind: 'json', schema: signInSchema, takesAnyText: true },
      answers: signedIn,
      async handle(call) {
        const { req, res, change } = call;
        const { email, password } = parse(signInSchema, req.body);
        // The turn comes before the look-up, so a crowd of strangers does not load the database.
        const userId = await passwords.inTurn(callerOf(call), () =>
          guesses.guard(localAccounts.originOf(req), email, () =>
            localAccounts.verify(email, password),
          ),
        );
        const access = await accounts.readAccess(userId, undefined);
        if (access === undefined) throw spent();
        await enter(req, res, change, async () => access);
      },
    },
    {
      method: 'post',
      path: '/api/auth/sign-in/link',
      policy: 'public',
      audit: 'user.sign-in',
      summary: 'Signs in with a one-time link from the command line.',
      body: { kind: 'json', schema: linkSchema },
      answers: signedIn,
      async handle({ req, res, change }) {
        const { token } = parse(linkSchema, req.body);
        await enter(req, res, change, async (edits) => {
          const user = await links.use(edits, 'sign-in', token);
          if (user === undefined) throw spent();
          return { user, details: { by: 'link' } };
        });
      },
    },
    {
      method: 'post',
      path: '/api/auth/sign-out',
      policy: 'anyone',
      summary: 'Ends the session.',
      answers: { 200: { description: 'Null: nobody is signed in.', schema: meSchema } },
      async handle({ req, res }) {
        await localAccounts.signOut(req, res);
        res.json(null);
      },
    },
    {
      method: 'post',
      path: '/api/auth/change-password',
      policy: 'user',
      audit: 'user.change-password',
      summary: 'Changes the caller’s password and ends their other sessions.',
      body: { kind: 'json', schema: passwordChangeSchema },
      answers: { 200: { description: 'The user.', schema: userSchema } },
      async handle(call) {
        const { req, res, change } = call;
        const user = callersOwn(call);
        const { currentPassword, newPassword } = parse(passwordChangeSchema, req.body);
        const passwordHash = await passwords.inTurn(callerOf(call), async () => {
          await guesses.guard(localAccounts.originOf(req), user.email, () =>
            localAccounts.verify(user.email, currentPassword),
          );
          return await passwords.hash(newPassword);
        });
        await enter(req, res, change, async (edits) => {
          await edits.setPassword(user.id, passwordHash);
          return { user };
        });
      },
    },
    {
      method: 'post',
      path: '/api/auth/reset-password',
      policy: 'public',
      audit: 'user.reset-password',
      summary: 'Sets a password with a link from the command line, ends all sessions and signs in.',
      body: { kind: 'json', schema: passwordResetSchema },
      answers: signedIn,
      async handle(call) {
        const { req, res, change } = call;
        const { token, password } = parse(passwordResetSchema, req.body);
        if (!(await links.isOpen('reset-password', token))) throw spent();
        const passwordHash = await passwords.inTurn(callerOf(call), () => passwords.hash(password));
        await enter(req, res, change, async (edits) => {
          const user = await links.use(edits, 'reset-password', token);
          if (user === undefined) throw spent();
          await edits.setPassword(user.id, passwordHash);
          return { user };
        });
      },
    },
  ];

  /**
   * Starts a session for the user that `prove` returns. The session, the changes and the audit
   * entry are one transaction.
   */
  async function enter(
    req: Request,
    res: Response,
    change: Call['change'],
    prove: (edits: Edits) => Promise<{ user: User; details?: Record<string, unknown> }>,
  ): Promise<void> {
    const session = localAccounts.newSession(req);
    const entered = await change(async (edits) => {
      const { user, details = {} } = await prove(edits);
      await edits.createSession(session.of(user.id));
      return { result: user, target: user.email, actor: actor(user), details };
    });
    await session.send(res);
    await guesses.remember(session.origin, entered.email);
    res.json(entered);
  }
}

/** The client that waits for a password hash. */
export function callerOf({ req, gone }: Call): Caller {
  return { ip: req.ip ?? '', gone };
}

function callersOwn({ principal }: Call): User {
  if (principal.kind !== 'user') throw new TypeError('the policy `user` wants a user');
  return principal.user;
}

function actor(user: User) {
  return { kind: 'user' as const, id: user.id, name: user.email };
}

export function setupIsOver(): DomainError {
  return new DomainError(
    'not_found',
    'This set-up link was already used, or the server has printed a newer one.',
  );
}

function spent(): DomainError {
  return new DomainError('not_found', 'This link was used or has expired. Create a new one.');
}
