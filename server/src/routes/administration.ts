import {
  auditPageSchema,
  auditQuerySchema,
  createdLinkSchema,
  newLinkSchema,
  newUserSchema,
  userListSchema,
  userSchema,
  type AuditPage,
} from '@xray/core';
import type { z } from 'zod';
import { notFound } from '../auth/policy.js';
import { DomainError } from '../errors.js';
import { param, parse, type Deps, type Route } from './route.js';

/** The people of the whole installation, and the log of what was done. */
export function administrationRoutes({ store, links }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/users',
      policy: 'administer',
      summary: 'Everybody who has an account.',
      answers: { 200: { description: 'By address.', schema: userListSchema } },
      async handle({ res }) {
        res.json({ items: await store.listUsers() });
      },
    },
    {
      method: 'post',
      path: '/api/users',
      policy: 'console',
      audit: 'user.create',
      summary: 'Makes an account without a password; a link opens it.',
      body: { kind: 'json', schema: newUserSchema },
      answers: { 201: { description: 'The user.', schema: userSchema } },
      async handle({ req, res, record }) {
        const { email, name, isAdministrator } = parse(newUserSchema, req.body);
        const user = await store.createUser({
          email,
          name: name ?? email,
          isAdministrator,
          passwordHash: null,
        });
        if (user === undefined) {
          throw new DomainError('conflict', `There is an account of ${email} already.`);
        }
        await record({ target: email, details: { isAdministrator } });
        res.status(201).json(user);
      },
    },
    {
      method: 'post',
      path: '/api/users/links',
      policy: 'console',
      audit: 'user.link',
      summary: 'Makes a link that signs a user in or sets their password, once.',
      body: { kind: 'json', schema: newLinkSchema },
      answers: { 201: { description: 'The link.', schema: createdLinkSchema } },
      async handle({ req, res, record }) {
        const { email, kind } = parse(newLinkSchema, req.body);
        const user = await store.findUser(email);
        if (user === undefined) throw notFound('user');
        const link = await links.create(kind, user.id);
        await record({ target: email, details: { kind } });
        res.status(201).json(link);
      },
    },
    {
      method: 'get',
      path: '/api/audit',
      policy: 'administer',
      summary: 'What was done in the whole installation.',
      query: auditQuerySchema,
      answers: { 200: { description: 'Newest first.', schema: auditPageSchema } },
      async handle({ req, res }) {
        res.json(await page(undefined, parse(auditQuerySchema, req.query)));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/audit',
      policy: 'own',
      summary: 'What was done in the app.',
      query: auditQuerySchema,
      answers: { 200: { description: 'Newest first.', schema: auditPageSchema } },
      async handle({ req, res }) {
        res.json(await page(param(req, 'app'), parse(auditQuerySchema, req.query)));
      },
    },
  ];

  async function page(
    app: string | undefined,
    { before, limit }: z.output<typeof auditQuerySchema>,
  ): Promise<AuditPage> {
    const items = await store.listAudit({ app, before, limit: limit + 1 });
    const shown = items.slice(0, limit);
    return { items: shown, nextBefore: items.length > limit ? (shown.at(-1)?.id ?? null) : null };
  }
}
