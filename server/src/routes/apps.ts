import {
  appChangeSchema,
  appListSchema,
  appSchema,
  newAppSchema,
  type App,
  type Role,
} from '@xray/core';
import { isAdministrator } from '../auth/policy.js';
import type { Principal } from '../auth/principal.js';
import { DomainError } from '../errors.js';
import { param, parse, type Deps, type Route } from './route.js';

export function appRoutes({ accounts, keys }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps',
      policy: 'read',
      summary: 'The apps that the caller may read.',
      answers: { 200: { description: 'By name.', schema: appListSchema } },
      async handle({ res, principal }) {
        res.json({ items: await appsOf(principal) });
      },
    },
    {
      method: 'post',
      path: '/api/apps',
      policy: 'administer',
      audit: 'app.create',
      summary: 'Creates an app.',
      body: { kind: 'json', schema: newAppSchema },
      answers: { 201: { description: 'The app.', schema: appSchema } },
      async handle({ req, res, change }) {
        const { id, name } = parse(newAppSchema, req.body);
        const app = await change(async (edits) => {
          const result = await edits.createApp(id, name ?? id);
          if (result !== undefined) return { result, app: id };
          throw new DomainError('conflict', `There is already an app "${id}".`);
        });
        res.status(201).json({ ...app, role: 'owner' } satisfies App);
      },
    },
    {
      method: 'patch',
      path: '/api/apps/:app',
      policy: 'own',
      audit: 'app.change',
      summary: 'Renames an app, archives it (its keys stop working) or restores it.',
      body: { kind: 'json', schema: appChangeSchema },
      answers: { 200: { description: 'The app.', schema: appSchema } },
      async handle({ req, res, change }) {
        const wanted = parse(appChangeSchema, req.body);
        const app = await change(async (edits) => ({
          result: await edits.changeApp(param(req, 'app'), wanted),
          details: wanted,
        }));
        keys.forget();
        res.json({ ...app, role: 'owner' } satisfies App);
      },
    },
  ];

  async function appsOf(principal: Principal): Promise<App[]> {
    if (principal.kind === 'user' && !isAdministrator(principal)) {
      return await accounts.listApps(principal.user.id);
    }
    const all = await accounts.listApps();
    if (principal.kind === 'key') return all.filter((app) => app.id === principal.app);
    return all.map((app) => ({ ...app, role: 'owner' satisfies Role }));
  }
}
