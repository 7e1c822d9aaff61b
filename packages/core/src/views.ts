import { z } from 'zod';

/** A list of executions as its address tells it, without the app, who looks at it, and whether it is live. */
export const viewParamsSchema = z.strictObject({
  /** A filter in the language of docs/query-language.md. */
  q: z.string().max(4_000).optional(),
  from: z.string().max(64).optional(),
  to: z.string().max(64).optional(),
  sort: z.string().max(64).optional(),
  cols: z.string().max(500).optional(),
  by: z.string().max(64).optional(),
});
export type ViewParams = z.infer<typeof viewParamsSchema>;

export const MAX_VIEW_NAME_LENGTH = 80;
/** That one person keeps in an app, and that an app shares. */
export const MAX_VIEWS = 100;

const nameSchema = z.string().trim().min(1).max(MAX_VIEW_NAME_LENGTH);

/** A list to come back to: one's own, or one that everybody of the app sees. */
export const savedViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  params: viewParamsSchema,
  isShared: z.boolean(),
  /** The address of who saved it last. */
  savedBy: z.string(),
  savedAt: z.string(),
});
export type SavedView = z.infer<typeof savedViewSchema>;

export const savedViewListSchema = z.object({ items: z.array(savedViewSchema) });
export type SavedViewList = z.infer<typeof savedViewListSchema>;

/** A filter may name people, so that a view is its owner's alone unless they say otherwise. */
export const newViewSchema = z.object({
  name: nameSchema,
  params: viewParamsSchema,
  isShared: z.boolean().default(false),
});
export type NewView = z.input<typeof newViewSchema>;

/** What of a kept view can be another without saving it anew. */
export const viewChangeSchema = z.object({ name: nameSchema });
export type ViewChange = z.infer<typeof viewChangeSchema>;
