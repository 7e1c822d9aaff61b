/**
 * The business result of an execution.
 *
 * @example
 * ```ts
 * const decision: Decision = { outcome: 'declined', adverse: true, reasons: [{ code: 'SCORE_LOW' }] };
 * ```
 */
export interface Decision {
  outcome: string;
  adverse?: boolean | undefined;
  score?: number | undefined;
  confidence?: number | undefined;
  reasons?: Reason[] | undefined;
  decidedBy?: Actor | undefined;
  humanInvolvement?: 'none' | 'review' | 'final' | undefined;
  basis?: DecisionBasis | undefined;
  readFrom?: string | undefined;
}

/**
 * The rule by which the outcome follows from the checks: `pass` if all passed, else `fail`.
 *
 * @example
 * ```ts
 * const basis: DecisionBasis = { kind: 'all_pass', pass: 'approved', fail: 'declined' };
 * ```
 */
export interface DecisionBasis {
  kind: 'all_pass';
  pass: string;
  fail: string;
}

/**
 * A reason of a decision: a stable code, and details.
 *
 * @example
 * ```ts
 * const reason: Reason = { code: 'SCORE_LOW', ruleId: 'min_score' };
 * ```
 */
export interface Reason {
  code: string;
  text?: string | undefined;
  ruleId?: string | undefined;
  factor?: string | undefined;
  contribution?: number | undefined;
}

/**
 * The person, model, rule or service that acted.
 *
 * @example
 * ```ts
 * const actor: Actor = { type: 'human', id: 'reviewer-7' };
 * ```
 */
export interface Actor {
  type: 'rule' | 'model' | 'llm' | 'human' | 'service';
  id: string;
  version?: string | undefined;
}

/**
 * The person or thing that the decision is about.
 *
 * @example
 * ```ts
 * const subject: Subject = { type: 'applicant', id: 'a-17', person: true };
 * ```
 */
export interface Subject {
  type: string;
  id: string;
  idForm?: 'plain' | 'hmac' | undefined;
  person?: boolean | undefined;
}
