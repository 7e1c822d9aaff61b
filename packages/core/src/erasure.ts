import { z } from 'zod';
import { LIMITS } from './snapshot.js';

const reasonSchema = z.string().trim().min(1).max(200);

/** The executions to erase, chosen in one of these ways. `environment` narrows the choice. */
export const pruneRequestSchema = z
  .object({
    what: z.discriminatedUnion('kind', [
      /** Executions that the app's retention rules no longer keep. */
      z.object({ kind: z.literal('expired') }),
      z.object({
        kind: z.literal('received_before'),
        before: z.iso.datetime({ offset: true }),
      }),
      z.object({ kind: z.literal('execution'), executionId: z.string().min(1).max(LIMITS.name) }),
      z.object({
        kind: z.literal('subject'),
        type: z.string().min(1).max(LIMITS.name),
        id: z.string().min(1).max(LIMITS.subjectId),
      }),
    ]),
    environment: z.string().min(1).max(LIMITS.environment).optional(),
    /** Counts without deleting. */
    dryRun: z.boolean().default(false),
    /**
     * Why an execution or a subject is erased. The reason is kept and shown, so it must not contain the
     * erased id.
     */
    reason: reasonSchema.optional(),
    /** The receipt of the erasure that this call continues. */
    receipt: z.uuid().optional(),
    /** The cursor of the previous answer, to continue there. */
    cursor: z.string().max(512).optional(),
  })
  .superRefine(({ what, reason }, context) => {
    const id =
      what.kind === 'execution' ? what.executionId : what.kind === 'subject' ? what.id : '';
    if (id === '' || reason === undefined || !holdsWord(reason, id)) return;
    const message = 'the reason is kept after the erasure, so it must not hold the erased id';
    context.addIssue({ code: 'custom', path: ['reason'], message });
  });
export type PruneRequest = z.input<typeof pruneRequestSchema>;

/** The numbers of what was erased. `bytes` counts UTF-8 bytes of bodies. */
export const erasureCountSchema = z.object({
  executions: z.int(),
  steps: z.int(),
  bytes: z.int(),
});
export type ErasureCount = z.infer<typeof erasureCountSchema>;

/** The proof of an erasure that somebody requested. It contains no id of a person or of an execution. */
export const erasureReceiptSchema = z.object({
  id: z.string(),
  kind: z.enum(['execution', 'subject']),
  /** The type of the erased subject. */
  subjectType: z.string().nullable(),
  reason: z.string(),
  /** The name of the person or program that requested the erasure. */
  askedBy: z.string(),
  at: z.string(),
  /** The numbers erased so far. */
  erased: erasureCountSchema,
});
export type ErasureReceipt = z.infer<typeof erasureReceiptSchema>;

/** The newest receipts of an app, at most 100. */
export const erasureReceiptListSchema = z.object({ items: z.array(erasureReceiptSchema) });
export type ErasureReceiptList = z.infer<typeof erasureReceiptListSchema>;

/**
 * One call erases for about a second. If the answer has a `cursor`, send it with the next call. In the last
 * answer `left` counts the remaining matches, and `held` the executions that a legal hold protects.
 */
export const pruneResultSchema = z.object({
  erased: erasureCountSchema,
  left: erasureCountSchema.nullable(),
  held: z.int().nullable(),
  /** The receipt of an erasure by execution or subject. Null if nothing was erased. */
  receipt: erasureReceiptSchema.nullable(),
  cursor: z.string().nullable(),
});
export type PruneResult = z.infer<typeof pruneResultSchema>;

/** The facts that are kept about an erased execution. */
export const tombstoneSchema = z.object({
  /** The id of the receipt. */
  receipt: z.string(),
  at: z.string(),
  reason: z.string(),
});
export type Tombstone = z.infer<typeof tombstoneSchema>;

/** Whether a text contains another text as a whole word. */
function holdsWord(text: string, word: string): boolean {
  const [within, sought] = [text.toLowerCase(), word.toLowerCase()];
  for (let at = within.indexOf(sought); at >= 0; at = within.indexOf(sought, at + 1)) {
    const around = [within[at - 1] ?? ' ', within[at + sought.length] ?? ' '];
    if (!around.some((character) => /[\p{L}\p{N}]/u.test(character))) return true;
  }
  return false;
}
