import {
  createdLinkSchema,
  newLinkSchema,
  newUserSchema,
  reindexRequestSchema,
  reindexedSchema,
  userChangeSchema,
  userListSchema,
  userQuerySchema,
  userSchema,
  type User,
  type UserList,
} from '@xray/core';
import { notFound } from '../auth/policy.js';
import { DomainError } from '../errors.js';
import { reindex } from '../upkeep/reindex.js';
import { param, parse, type Deps, type Route } from './route.js';

/** The people of the whole installation. */
export function administrationRoutes({ accounts, executions, links, clerk }: Deps): Route[] {
  return [
    {
      method: 'post',
      path: '/api/reindex',
      policy: 'administer',
      audit: 'reindex',
      summary: 'Rebuilds the data derived from the stored snapshots. Each call rebuilds one part.',
      body: { kind: 'json', schema: reindexRequestSchema },
      answers: { 200: { description: 'The progress of the rebuild.', schema: reindexedSchema } },
      async handle({ req, res, record }) {
        const { after } = parse(reindexRequestSchema, req.body);
        if (after === undefined) await record();
        res.json(await reindex(executions, after));
      },
    },
    {
      method: 'get',
      path: '/api/users',
      policy: 'administer',
      summary: 'All accounts.',
      query: userQuerySchema,
      answers: { 200: { description: 'Sorted by email.', schema: userListSchema } },
      async handle({ req, res }) {
        const { q, after, limit } = parse(userQuerySchema, req.query);
        const items = await accounts.listUsers({ text: q, after, limit: limit + 1 });
        const shown = items.slice(0, limit);
        const nextAfter = items.length > limit ? (shown.at(-1)?.id ?? null) : null;
        res.json({ items: shown, nextAfter } satisfies UserList);
      },
    },
    {
      method: 'patch',
      path: '/api/users/:user',
      policy: 'administer',
      audit: 'user.change',
      summary: 'Grants or revokes the rights of an administrator.',
      body: { kind: 'json', schema: userChangeSchema },
      answers: { 200: { description: 'The user.', schema: userSchema } },
      async handle({ req, res, change }) {
        const { isAdministrator } = parse(userChangeSchema, req.body);
        const user = await change(async (edits) => {
          const result = known(await edits.setAdministrator(param(req, 'user'), isAdministrator));
          return { result, target: result.email, details: { isAdministrator } };
        });
        res.json(user);
      },
    },
    {
      method: 'delete',
      path: '/api/users/:user',
      policy: 'administer',
      audit: 'user.remove',
      summary: 'Deletes an account with its sessions and memberships.',
      answers: { 200: { description: 'The deleted user.', schema: userSchema } },
      async handle({ req, res, change }) {
        const user = await change(async (edits) => {
          const result = known(await edits.removeUser(param(req, 'user')));
          return { result, target: result.email };
        });
        res.json(user);
      },
    },
    {
      method: 'post',
      path: '/api/users',
      policy: 'console',
      audit: 'user.create',
      summary: 'Creates an account without a password. A link opens it.',
      body: { kind: 'json', schema: newUserSchema },
      answers: { 201: { description: 'The user.', schema: userSchema } },
      async handle({ req, res, change }) {
        const { email, name = email, isAdministrator } = parse(newUserSchema, req.body);
        const user = await change(async (edits) => {
          const made = { email, name, isAdministrator, passwordHash: null };
          const result = await edits.createUser(made);
          if (result !== undefined) return { result, target: email, details: { isAdministrator } };
          throw new DomainError('conflict', `There is already an account for ${email}.`);
        });
        res.status(201).json(user);
      },
    },
    {
      method: 'post',
      path: '/api/users/links',
      policy: 'console',
      audit: 'user.link',
      summary: 'Creates a one-time link that signs a user in or sets their password.',
      body: { kind: 'json', schema: newLinkSchema },
      answers: { 201: { description: 'The link.', schema: createdLinkSchema } },
      async handle({ req, res, change }) {
        const { email, kind } = parse(newLinkSchema, req.body);
        if (clerk !== undefined) {
          throw new DomainError(
            'conflict',
            'Clerk signs people in here. An account is created when Clerk has verified its email, not with a link.',
          );
        }
        const user = await accounts.findUser(email);
        if (user === undefined) throw notFound('user');
        const link = await change(async (edits) => ({
          result: await links.create(edits, kind, user.id),
          target: email,
          details: { kind },
        }));
        res.status(201).json(link);
      },
    },
  ];
}

function known(user: User | 'unknown' | 'last'): User {
  if (user === 'unknown') throw notFound('user');
  if (user !== 'last') return user;
  throw new DomainError(
    'conflict',
    'This is the only administrator. Make another person an administrator first.',
  );
}
