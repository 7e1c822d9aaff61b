import { z } from 'zod';
import { auditEntrySchema } from './access.js';
import { explanationSchema, ruleEvidenceSchema, type RuleEvidence } from './answers.js';
import { linkedFromSchema, serverFactsSchema } from './api.js';
import { matterSchema } from './case.js';
import { languageSchema } from './language.js';
import { evaluationsOf } from './rule-evaluations.js';
import { ruleHistorySchema } from './rule-history.js';
import { snapshotSchema, type Snapshot } from './snapshot.js';
import { stepsInOrder } from './step-order.js';

export const evidenceQuerySchema = z.object({
  format: z.enum(['html', 'json']).default('html'),
  /** The language of names in the page. Default: the dictionary's language. */
  lang: languageSchema.optional(),
});
export type EvidenceQuery = z.infer<typeof evidenceQuerySchema>;

/** The parts of the evidence that have a digest. */
export const EVIDENCE_PARTS = [
  'record',
  'explanation',
  'rules',
  'ruleHistory',
  'linked',
  'audit',
] as const;
export type EvidencePart = (typeof EVIDENCE_PARTS)[number];

/** Everything that this server knows about one decision, for an auditor. */
export const executionEvidenceSchema = z.object({
  format: z.literal('xray-evidence/1'),
  app: z.string(),
  executionId: z.string(),
  madeAt: z.string(),
  madeBy: z.string(),
  server: serverFactsSchema,
  /** The snapshot as it was sent. */
  record: snapshotSchema,
  explanation: explanationSchema,
  /** The rules in force when the decision was made, as this execution evaluated them. */
  rules: z.array(ruleEvidenceSchema),
  /**
   * The settings of the pipeline's rules in the 90 days up to the decision, in its environment, and what
   * changed in them. Null if the server could not read them in time.
   */
  ruleHistory: ruleHistorySchema.nullable(),
  linked: z.object({
    /** Links from this execution to others. */
    to: z.array(z.object({ executionId: z.string(), relation: z.string() })),
    from: z.array(linkedFromSchema),
    /** The decision in force among the linked executions. */
    ended: matterSchema.shape.ended,
  }),
  audit: z.object({
    /** Whether the entries are left out, because only an owner of the app may read its audit log. */
    withheld: z.boolean(),
    /** The entries, the newest first. */
    entries: z.array(auditEntrySchema),
    /** Whether there are older entries that are not listed. */
    more: z.boolean(),
  }),
  /** The SHA-256 in hex of each part's JSON text in this file. */
  digests: z.object({
    record: z.string(),
    explanation: z.string(),
    rules: z.string(),
    ruleHistory: z.string(),
    linked: z.string(),
    audit: z.string(),
  }),
});
export type ExecutionEvidence = z.infer<typeof executionEvidenceSchema>;

/** Every rule that the execution evaluated for its decision or its candidates, in the order of the steps. */
export function rulesInForce(snapshot: Snapshot): RuleEvidence[] {
  return evaluationsOf(stepsInOrder(snapshot)).inForce.map(({ evidence }) => evidence);
}
