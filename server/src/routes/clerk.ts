import { linkSchema, userSchema } from '@xray/core';
import { z } from 'zod';
import type { Clerk } from '../auth/clerk.js';
import { ByteBudget } from '../ingest/byte-budget.js';
import { readBody } from '../ingest/read-body.js';
import { meRoute, setupIsOver } from './accounts.js';
import { parse, type Deps, type Route } from './route.js';

const MAX_WEBHOOK_BYTES = 256 * 1024;
/** The limit for all webhooks that are read at the same time. */
const MAX_PENDING_BYTES = 16 * MAX_WEBHOOK_BYTES;

/** The routes that replace local accounts when Clerk signs people in. */
export function clerkRoutes({ links }: Deps, clerk: Clerk): Route[] {
  const budget = new ByteBudget(MAX_PENDING_BYTES);
  return [
    meRoute,
    {
      method: 'post',
      path: '/api/setup',
      policy: 'user',
      audit: 'setup.claim',
      summary: 'Makes the caller the first administrator, with the link that the server printed.',
      body: { kind: 'json', schema: linkSchema },
      answers: { 200: { description: 'The administrator.', schema: userSchema } },
      async handle({ req, res, principal, change }) {
        if (principal.kind !== 'user') throw new TypeError('the policy `user` wants a user');
        const { user } = principal;
        const { token } = parse(linkSchema, req.body);
        const nonce = await links.setupNonceOf(token);
        if (nonce === undefined) throw setupIsOver();
        await change(async (edits) => {
          if (!(await edits.claimSetupAs(nonce, user.id))) throw setupIsOver();
          return { result: undefined, target: user.email };
        });
        res.json({ ...user, isAdministrator: true });
      },
    },
    {
      method: 'post',
      path: '/api/clerk/webhook',
      policy: 'public',
      audit: 'clerk.sync',
      summary: 'Takes Clerk’s signed messages about its users.',
      body: { kind: 'raw', schema: z.looseObject({}), types: ['application/json'] },
      answers: { 204: { description: 'Done.' } },
      async handle({ req, res, change }) {
        const { bytes, release } = await readBody(req, budget, MAX_WEBHOOK_BYTES);
        try {
          const webhook = await clerk.read(headersOf(req.headers), bytes.toString());
          await change(async (edits) => ({
            result: await clerk.carryOut(edits, webhook),
            target: webhook.clerkId,
            details: { event: webhook.type },
          }));
          res.status(204).end();
        } finally {
          release();
        }
      },
    },
  ];
}

function headersOf(headers: Record<string, string | string[] | undefined>): Headers {
  const signed = new Headers();
  for (const name of ['svix-id', 'svix-timestamp', 'svix-signature']) {
    const value = headers[name];
    if (typeof value === 'string') signed.set(name, value);
  }
  return signed;
}
