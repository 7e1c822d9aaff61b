import { z } from 'zod';

/** The log of seals of an app, as far as it is signed (docs/proof.md). */
export const proofStateSchema = z.object({
  /** `off`: this server does not seal. `empty`: nothing is sealed yet. `broken`: nothing is signed any more. */
  state: z.enum(['off', 'empty', 'sealing', 'broken']),
  origin: z.string().nullable(),
  /** The public key, as auditors give it to the verifier. Compare it with one that you got on another way. */
  vkey: z.string().nullable(),
  /** The number of signed entries. */
  size: z.int(),
  signedAt: z.string().nullable(),
  problem: z.string().nullable(),
  /** What this server stored and has not sealed yet, of all apps. */
  waiting: z.object({ executions: z.int(), since: z.string().nullable(), pending: z.int() }),
});
export type ProofState = z.infer<typeof proofStateSchema>;

export const proofQuerySchema = z.object({
  /** Answer when all that is stored now is sealed. */
  wait: z.enum(['true', 'false']).default('false'),
});

/** The seal of one execution. */
export const executionProofSchema = z.object({
  /** `off`: nothing is sealed here. `waiting`: this version is not sealed yet. */
  state: z.enum(['off', 'waiting', 'sealed']),
  leaf: z.int().nullable(),
  origin: z.string().nullable(),
  size: z.int().nullable(),
  /** A `.tlog-proof` of C2SP. Its `extra` is the record as a line of an export. */
  proof: z.string().nullable(),
});
export type ExecutionProof = z.infer<typeof executionProofSchema>;
