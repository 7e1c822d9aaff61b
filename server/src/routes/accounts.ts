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
import { DomainError } from '../errors.js';
import { parse, type Call, type Deps, type Route } from './route.js';

/** The same whoever signs people in. */
export const meRoute: Route = {
  method: 'get',
  path: '/api/me',
  policy: 'anyone',
  summary: 'Who is signed in; null when nobody is.',
  answers: { 200: { description: 'The user, or null.', schema: meSchema } },
  async handle({ res, principal }) {
    res.json(principal.kind === 'user' ? principal.user : null);
  },
};

/** Signing in and out, and one's own account. */
export function accountRoutes({ store, accounts, guesses, links }: Deps): Route[] {
  const signedIn = { 200: { description: 'Signed in.', schema: userSchema } };
  return [
    meRoute,
    {
      method: 'patch',
      path: '/api/me',
      policy: 'user',
      audit: 'user.rename',
      summary: 'Changes one’s name.',
      body: { kind: 'json', schema: profileChangeSchema },
      answers: { 200: { description: 'The user.', schema: userSchema } },
      async handle(call) {
        const { name } = parse(profileChangeSchema, call.req.body);
        const user = { ...callersOwn(call), name };
        await store.renameUser(user.id, name);
        await call.record({ target: user.email });
        call.res.json(user);
      },
    },
    {
      method: 'post',
      path: '/api/setup',
      policy: 'public',
      audit: 'setup.claim',
      summary: 'Makes the first administrator, with the link that the server printed.',
      body: { kind: 'json', schema: setupSchema },
      answers: signedIn,
      async handle({ req, res, record }) {
        const { token, email, name, password } = parse(setupSchema, req.body);
        const nonce = await links.setupNonceOf(token);
        const user =
          nonce &&
          (await store.claimSetup(nonce, {
            email,
            name,
            isAdministrator: true,
            passwordHash: await accounts.hashPassword(password),
          }));
        if (!user) {
          throw new DomainError(
            'not_found',
            'This set-up link was used, or is not the one that the server printed last.',
          );
        }
        await accounts.startSession(req, res, user.id);
        await record({ target: user.email, actor: actor(user) });
        res.json(user);
      },
    },
    {
      method: 'post',
      path: '/api/auth/sign-in/email',
      policy: 'public',
      audit: 'user.sign-in',
      summary: 'Signs in; the session is an HttpOnly cookie.',
      body: { kind: 'json', schema: signInSchema },
      answers: signedIn,
      async handle({ req, res, record }) {
        const { email, password } = parse(signInSchema, req.body);
        const userId = await guesses.guard(req.ip ?? '', email, () =>
          accounts.signIn(req, res, email, password),
        );
        const user = await userOf(userId);
        await record({ target: user.email, actor: actor(user) });
        res.json(user);
      },
    },
    {
      method: 'post',
      path: '/api/auth/sign-in/link',
      policy: 'public',
      audit: 'user.sign-in',
      summary: 'Signs in with a link of the command line, which works once.',
      body: { kind: 'json', schema: linkSchema },
      answers: signedIn,
      async handle({ req, res, record }) {
        const { token } = parse(linkSchema, req.body);
        const userId = await links.use('sign-in', token);
        if (userId === undefined) throw spent();
        const user = await userOf(userId);
        await accounts.startSession(req, res, user.id);
        await record({ target: user.email, actor: actor(user), details: { by: 'link' } });
        res.json(user);
      },
    },
    {
      method: 'post',
      path: '/api/auth/sign-out',
      policy: 'anyone',
      summary: 'Ends the session.',
      answers: { 200: { description: 'Null: nobody is signed in.', schema: meSchema } },
      async handle({ req, res }) {
        await accounts.signOut(req, res);
        res.json(null);
      },
    },
    {
      method: 'post',
      path: '/api/auth/change-password',
      policy: 'user',
      audit: 'user.change-password',
      summary: 'Changes one’s password and ends one’s other sessions.',
      body: { kind: 'json', schema: passwordChangeSchema },
      answers: { 200: { description: 'The user.', schema: userSchema } },
      async handle(call) {
        const { req, res } = call;
        const user = callersOwn(call);
        const change = parse(passwordChangeSchema, req.body);
        await guesses.guard(req.ip ?? '', user.email, () =>
          accounts.changePassword(req, res, change),
        );
        await call.record({ target: user.email });
        res.json(user);
      },
    },
    {
      method: 'post',
      path: '/api/auth/reset-password',
      policy: 'public',
      audit: 'user.reset-password',
      summary: 'Sets a password with a link of the command line, ends all sessions and signs in.',
      body: { kind: 'json', schema: passwordResetSchema },
      answers: signedIn,
      async handle({ req, res, record }) {
        const { token, password } = parse(passwordResetSchema, req.body);
        const userId = await links.use('reset-password', token);
        if (userId === undefined) throw spent();
        await store.setPassword(userId, await accounts.hashPassword(password));
        const user = await userOf(userId);
        await accounts.startSession(req, res, user.id);
        await record({ target: user.email, actor: actor(user) });
        res.json(user);
      },
    },
  ];

  async function userOf(userId: string): Promise<User> {
    const access = await store.readAccess(userId, undefined);
    if (access === undefined) throw spent();
    return access.user;
  }
}

function callersOwn({ principal }: Call): User {
  if (principal.kind !== 'user') throw new TypeError('the policy `user` wants a user');
  return principal.user;
}

function actor(user: User) {
  return { kind: 'user' as const, id: user.id, name: user.email };
}

function spent(): DomainError {
  return new DomainError('not_found', 'This link was used or has expired. Make a new one.');
}
