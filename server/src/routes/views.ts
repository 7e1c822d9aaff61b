import {
  MAX_VIEWS,
  newViewSchema,
  savedViewListSchema,
  savedViewSchema,
  viewChangeSchema,
  type SavedView,
  type SavedViewList,
  type User,
  type ViewChange,
} from '@xray/core';
import { authorize, notFound } from '../auth/policy.js';
import type { Principal } from '../auth/principal.js';
import { DomainError } from '../errors.js';
import type { AccessEdits } from '../store/access-store.js';
import { param, parse, type Deps, type Route } from './route.js';

/** Saved views of the list of executions: private views, and views that the app shares. */
export function viewRoutes({ accounts }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/views',
      policy: 'read',
      summary: 'The shared views of the app, and the caller’s own views.',
      answers: { 200: { description: 'By name.', schema: savedViewListSchema } },
      async handle({ req, res, principal }) {
        const userId = principal.kind === 'user' ? principal.user.id : undefined;
        const items = await accounts.listViews(param(req, 'app'), userId);
        res.json({ items } satisfies SavedViewList);
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/views',
      policy: 'read',
      audit: 'view.save',
      summary: 'Saves a view. It replaces a view with the same name. Only editors may share one.',
      body: { kind: 'json', schema: newViewSchema },
      answers: { 201: { description: 'The view.', schema: savedViewSchema } },
      async handle({ req, res, principal, change }) {
        const { id: userId, email: savedBy } = personOf(principal);
        const app = param(req, 'app');
        const { name, params, isShared } = parse(newViewSchema, req.body);
        if (isShared) mayShare(principal, app);
        const view = await change(async (edits) => {
          const saved = await edits.saveView({ app, userId, savedBy, name, params, isShared });
          if (saved === undefined) {
            throw new DomainError(
              'conflict',
              `There can be at most ${MAX_VIEWS} views. Delete one first.`,
            );
          }
          // The log omits the name and filter. Both may name a person, and the log is never erased.
          return { result: saved, target: saved.id, details: { isShared } };
        });
        res.status(201).json(view);
      },
    },
    {
      method: 'patch',
      path: '/api/apps/:app/views/:view',
      policy: 'read',
      audit: 'view.rename',
      summary: 'Renames a view. Only editors may rename a shared one.',
      body: {
        kind: 'json',
        schema: viewChangeSchema,
        example: { name: 'Declined for their score' } satisfies ViewChange,
      },
      answers: { 200: { description: 'The view.', schema: savedViewSchema } },
      async handle({ req, res, principal, change }) {
        const { id: userId } = personOf(principal);
        const app = param(req, 'app');
        const { name } = parse(viewChangeSchema, req.body);
        const view = await change(async (edits) => {
          const found = await viewToChange(edits, principal, app, userId, param(req, 'view'));
          const renamed = await edits.renameView(app, found.id, name);
          if (renamed === undefined) {
            throw new DomainError('conflict', 'Another view already has this name.');
          }
          return { result: renamed, target: found.id, details: { isShared: found.isShared } };
        });
        res.json(view);
      },
    },
    {
      method: 'delete',
      path: '/api/apps/:app/views/:view',
      policy: 'read',
      audit: 'view.remove',
      summary: 'Deletes a view. Only editors may delete a shared one.',
      answers: { 200: { description: 'The deleted view.', schema: savedViewSchema } },
      async handle({ req, res, principal, change }) {
        const { id: userId } = personOf(principal);
        const app = param(req, 'app');
        const view = await change(async (edits) => {
          const found = await viewToChange(edits, principal, app, userId, param(req, 'view'));
          await edits.removeView(app, found.id);
          return { result: found, target: found.id, details: { isShared: found.isShared } };
        });
        res.json(view);
      },
    },
  ];
}

/** A view of the caller, or a shared one if the caller may share. */
async function viewToChange(
  edits: AccessEdits,
  principal: Principal,
  app: string,
  userId: string,
  id: string,
): Promise<SavedView> {
  const found = await edits.findView(app, userId, id);
  if (found === undefined) throw notFound('view');
  if (found.isShared) mayShare(principal, app);
  return found;
}

/** Only people have views. Keys and the command line have none. */
function personOf(principal: Principal): User {
  if (principal.kind === 'user') return principal.user;
  throw new DomainError('forbidden', 'Only people who have signed in can save views.');
}

function mayShare(principal: Principal, app: string): void {
  authorize(principal, 'edit', { app, isThisMachine: false });
}
