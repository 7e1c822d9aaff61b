import {
  apiKeyListSchema,
  apiKeySchema,
  appListSchema,
  appSchema,
  createdKeySchema,
  newAppSchema,
  newKeySchema,
} from '@xray/core';
import { generateApiKey, hashApiKey } from '../auth/api-key.js';
import { notFound } from '../auth/guard.js';
import { DomainError } from '../errors.js';
import { param, parse, type Deps, type Route } from './route.js';

/** Apps and their API keys. */
export function appRoutes({ store, keys }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps',
      policy: 'read',
      summary: 'The apps that the caller may read.',
      answers: { 200: { description: 'By name.', schema: appListSchema } },
      async handle({ res, principal }) {
        const apps = await store.listApps();
        const mine = apps.filter((app) => principal.kind !== 'key' || app.id === principal.app);
        res.json({ items: mine });
      },
    },
    {
      method: 'post',
      path: '/api/apps',
      policy: 'administer',
      summary: 'Makes an app.',
      body: { kind: 'json', schema: newAppSchema },
      answers: { 201: { description: 'The app.', schema: appSchema } },
      async handle({ req, res }) {
        const { id, name } = parse(newAppSchema, req.body);
        const app = await store.createApp(id, name ?? id);
        if (app === undefined)
          throw new DomainError('conflict', `There is an app "${id}" already.`);
        res.status(201).json(app);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/keys',
      policy: 'administer',
      summary: 'The app’s API keys, without their secrets.',
      answers: { 200: { description: 'Oldest first.', schema: apiKeyListSchema } },
      async handle({ req, res }) {
        res.json({ items: await store.listKeys(param(req, 'app')) });
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/keys',
      policy: 'administer',
      summary: 'Makes an API key. This answer alone shows it.',
      body: { kind: 'json', schema: newKeySchema },
      answers: { 201: { description: 'The key.', schema: createdKeySchema } },
      async handle({ req, res }) {
        const { name, scopes } = parse(newKeySchema, req.body);
        const { id, key } = generateApiKey();
        const hash = hashApiKey(key);
        const apiKey = await store.createKey({ id, app: param(req, 'app'), name, hash, scopes });
        keys.forget();
        res.status(201).json({ key, apiKey });
      },
    },
    {
      method: 'delete',
      path: '/api/apps/:app/keys/:key',
      policy: 'administer',
      summary: 'Revokes an API key; it is refused everywhere within seconds.',
      answers: { 200: { description: 'The revoked key.', schema: apiKeySchema } },
      async handle({ req, res }) {
        const revoked = await store.revokeKey(param(req, 'app'), param(req, 'key'));
        if (revoked === undefined) throw notFound('API key');
        keys.forget();
        res.json(revoked);
      },
    },
  ];
}
