import { z } from 'zod';

/**
 * The parameters of a list of executions, without the app, the user and the live mode. A view with `qa` and `qb` is a
 * comparison of two groups instead.
 */
export const viewParamsSchema = z.strictObject({
  /** A filter in the language of docs/query-language.md. */
  q: z.string().max(4_000).optional(),
  from: z.string().max(64).optional(),
  to: z.string().max(64).optional(),
  sort: z.string().max(64).optional(),
  cols: z.string().max(500).optional(),
  by: z.string().max(64).optional(),
  /** The filter and the time range of each group, and the outcome to explain. */
  qa: z.string().max(4_000).optional(),
  aFrom: z.string().max(64).optional(),
  aTo: z.string().max(64).optional(),
  qb: z.string().max(4_000).optional(),
  bFrom: z.string().max(64).optional(),
  bTo: z.string().max(64).optional(),
  outcome: z.string().max(64).optional(),
});
export type ViewParams = z.infer<typeof viewParamsSchema>;

export const MAX_VIEW_NAME_LENGTH = 80;
/** The maximum number of saved views of a person in an app, and of shared views of an app. */
export const MAX_VIEWS = 100;

const nameSchema = z.string().trim().min(1).max(MAX_VIEW_NAME_LENGTH);

/** A saved list or comparison: private, or shared with everyone in the app. */
export const savedViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  params: viewParamsSchema,
  isShared: z.boolean(),
  /** The address of the person who saved it last. */
  savedBy: z.string(),
  savedAt: z.string(),
});
export type SavedView = z.infer<typeof savedViewSchema>;

export const savedViewListSchema = z.object({ items: z.array(savedViewSchema) });
export type SavedViewList = z.infer<typeof savedViewListSchema>;

/** A view is private unless its owner shares it, because a filter may name people. */
export const newViewSchema = z.object({
  name: nameSchema,
  params: viewParamsSchema,
  isShared: z.boolean().default(false),
});
export type NewView = z.input<typeof newViewSchema>;

/** The fields of a saved view that can be changed. */
export const viewChangeSchema = z.object({ name: nameSchema });
export type ViewChange = z.infer<typeof viewChangeSchema>;
