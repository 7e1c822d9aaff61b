import {
  apiKeyListSchema,
  apiKeySchema,
  createdKeySchema,
  newKeySchema,
  rotateKeySchema,
  type CreatedKey,
} from '@xray/core';
import { generateApiKey, hashApiKey } from '../auth/api-key.js';
import { notFound } from '../auth/policy.js';
import { nameOf } from '../auth/principal.js';
import { param, parse, type Deps, type Route } from './route.js';

const HOUR_MS = 3_600_000;

/** The API keys of an app. */
export function keyRoutes({ accounts, keys, now }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/keys',
      policy: 'edit',
      summary: 'The app’s API keys, without their secrets.',
      answers: { 200: { description: 'Oldest first.', schema: apiKeyListSchema } },
      async handle({ req, res }) {
        res.json({ items: await accounts.listKeys(param(req, 'app')) });
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/keys',
      policy: 'edit',
      audit: 'key.create',
      summary: 'Creates an API key. Only this answer shows it.',
      body: { kind: 'json', schema: newKeySchema },
      answers: { 201: { description: 'The key.', schema: createdKeySchema } },
      async handle({ req, res, principal, change }) {
        const wanted = parse(newKeySchema, req.body);
        const { id, key } = generateApiKey();
        const apiKey = await change(async (edits) => {
          const result = await edits.createKey({
            id,
            app: param(req, 'app'),
            name: wanted.name,
            hash: hashApiKey(key),
            scopes: wanted.scopes,
            environments: wanted.environments ?? null,
            requestsPerMinute: wanted.requestsPerMinute ?? null,
            expiresAt:
              wanted.expiresInDays === undefined
                ? null
                : new Date(now() + wanted.expiresInDays * 24 * HOUR_MS),
            createdBy: nameOf(principal),
          });
          const { name, scopes, environments } = result;
          return { result, target: id, details: { name, scopes, environments } };
        });
        keys.forget();
        res.status(201).json({ key, apiKey } satisfies CreatedKey);
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/keys/:key/rotate',
      policy: 'edit',
      audit: 'key.rotate',
      summary: 'Replaces a key with a new one. The old key keeps working for a while.',
      body: { kind: 'json', schema: rotateKeySchema },
      answers: { 201: { description: 'The new key.', schema: createdKeySchema } },
      async handle({ req, res, principal, change }) {
        const { overlapHours } = parse(rotateKeySchema, req.body);
        const { id, key } = generateApiKey();
        const oldId = param(req, 'key');
        const apiKey = await change(async (edits) => {
          const result = await edits.rotateKey({
            app: param(req, 'app'),
            oldId,
            id,
            hash: hashApiKey(key),
            createdBy: nameOf(principal),
            oldExpiresAt: new Date(now() + overlapHours * HOUR_MS),
          });
          if (result === undefined) throw notFound('API key');
          return { result, target: oldId, details: { replacedBy: id, overlapHours } };
        });
        keys.forget();
        res.status(201).json({ key, apiKey } satisfies CreatedKey);
      },
    },
    {
      method: 'delete',
      path: '/api/apps/:app/keys/:key',
      policy: 'edit',
      audit: 'key.revoke',
      summary: 'Revokes an API key. All servers refuse it within seconds.',
      answers: { 200: { description: 'The revoked key.', schema: apiKeySchema } },
      async handle({ req, res, change }) {
        const revoked = await change(async (edits) => {
          const result = await edits.revokeKey(param(req, 'app'), param(req, 'key'));
          if (result === undefined) throw notFound('API key');
          return { result, target: result.id, details: { name: result.name } };
        });
        keys.forget();
        res.json(revoked);
      },
    },
  ];
}
