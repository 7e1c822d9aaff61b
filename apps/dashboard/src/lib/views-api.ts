import type { NewView, SavedView, SavedViewList, ViewChange } from '@xray/core';
import { appPath, getJson, sendJson } from './api-client';

/** The app's shared views and the person's own. */
export async function listViews(app: string, signal?: AbortSignal): Promise<SavedViewList> {
  return await getJson(`${appPath(app)}/views`, {}, signal);
}

/** Replaces a view of the same name. */
export async function saveView(app: string, view: NewView): Promise<SavedView> {
  return await sendJson('POST', `${appPath(app)}/views`, view);
}

export async function changeView(app: string, id: string, change: ViewChange): Promise<SavedView> {
  return await sendJson('PATCH', `${appPath(app)}/views/${encodeURIComponent(id)}`, change);
}

export async function removeView(app: string, id: string): Promise<SavedView> {
  return await sendJson('DELETE', `${appPath(app)}/views/${encodeURIComponent(id)}`);
}
