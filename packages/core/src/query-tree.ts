/** A span in the text of a query, in UTF-16 code units. `end` is exclusive. */
export interface QuerySpan {
  start: number;
  end: number;
}

/** Why a text is not a query, with advice and the place. */
export interface QueryError extends QuerySpan {
  code: QueryErrorCode;
  message: string;
}

export type QueryErrorCode =
  | 'too_long'
  | 'too_many_terms'
  | 'too_deep'
  | 'bad_character'
  | 'unclosed_quote'
  | 'misplaced_quote'
  | 'unclosed_parenthesis'
  | 'misplaced_parenthesis'
  | 'empty_group'
  | 'missing_operand'
  | 'missing_colon'
  | 'missing_key'
  | 'missing_value'
  | 'unknown_field'
  | 'unknown_value'
  | 'not_comparable'
  | 'no_list'
  | 'no_prefix'
  | 'no_presence'
  | 'bad_duration'
  | 'bad_time'
  | 'bad_count';

/** Fields with text values, which are compared as a whole or by prefix. */
export type TextField =
  | 'pipeline'
  | 'status'
  | 'outcome'
  | 'env'
  | 'step'
  | 'failed'
  | 'reason'
  | 'rule'
  | 'decisive'
  | 'error'
  | 'subject'
  | 'candidate'
  | 'tag'
  | 'id'
  | 'version'
  | 'metadata';
export type FlagField = 'adverse' | 'conflict';
export type QueryField = TextField | FlagField | 'duration' | 'started' | 'steps';

export type CompareOp = '>' | '>=' | '<' | '<=';

export type DurationUnit = 'ms' | 's' | 'min' | 'h';
export type AgoUnit = 's' | 'min' | 'h' | 'd' | 'w';

/** `prefix` matches every text that begins with `text`. */
export interface QueryValue extends QuerySpan {
  match: 'is' | 'prefix';
  text: string;
}

/**
 * A term that matches any of its values. `key` is the name after `version.` and `metadata.`, and null for
 * other fields.
 */
export interface TermNode extends QuerySpan {
  kind: 'term';
  field: TextField;
  key: string | null;
  values: QueryValue[];
}

/** `field:*` matches executions with any value of the field. */
export interface PresentNode extends QuerySpan {
  kind: 'present';
  field: Exclude<QueryField, 'candidate'>;
  key: string | null;
}

export interface FlagNode extends QuerySpan {
  kind: 'flag';
  field: FlagField;
  value: boolean;
}

export interface DurationNode extends QuerySpan {
  kind: 'duration';
  op: CompareOp;
  amount: number;
  unit: DurationUnit;
}

/** A day in UTC stands for the whole day: `>` begins after its end, `=` means within it. */
export interface StartedNode extends QuerySpan {
  kind: 'started';
  op: CompareOp | '=';
  time:
    | { form: 'day'; day: string }
    | { form: 'instant'; iso: string }
    | { form: 'ago'; amount: number; unit: AgoUnit };
}

export interface StepsNode extends QuerySpan {
  kind: 'steps';
  op: CompareOp | '=';
  count: number;
}

/** Text that may occur in any recorded part. `quoted` words must follow each other as a phrase. */
export interface TextNode extends QuerySpan {
  kind: 'text';
  text: string;
  quoted: boolean;
}

export type QueryLeaf =
  | TermNode
  | PresentNode
  | FlagNode
  | DurationNode
  | StartedNode
  | StepsNode
  | TextNode;

export interface NotNode extends QuerySpan {
  kind: 'not';
  node: QueryNode;
}

export interface AndNode extends QuerySpan {
  kind: 'and';
  nodes: QueryNode[];
}

export interface OrNode extends QuerySpan {
  kind: 'or';
  nodes: QueryNode[];
}

/** A condition on executions. An empty `and` matches all of them; an empty text means that. */
export type QueryNode = QueryLeaf | NotNode | AndNode | OrNode;

/** Limits of a query. Each value of a list counts as a term. */
export const QUERY_LIMITS = { length: 2_000, terms: 100, depth: 20 } as const;

/** Combines nodes by AND. A nested `and` is flattened, which does not change the meaning. */
export function allOf(nodes: QueryNode[], span = spanOf(nodes)): QueryNode {
  const flat = nodes.flatMap((node) => (node.kind === 'and' ? node.nodes : [node]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind: 'and', nodes: flat, ...span };
}

/** Combines nodes by OR. At least one node is required. */
export function anyOf(nodes: QueryNode[], span = spanOf(nodes)): QueryNode {
  const flat = nodes.flatMap((node) => (node.kind === 'or' ? node.nodes : [node]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind: 'or', nodes: flat, ...span };
}

/** All terms, comparisons and words of a query in order, at any depth. */
export function* queryLeaves(query: QueryNode): Generator<QueryLeaf> {
  if (query.kind === 'not') yield* queryLeaves(query.node);
  else if (query.kind === 'and' || query.kind === 'or') {
    for (const node of query.nodes) yield* queryLeaves(node);
  } else yield query;
}

function spanOf(nodes: QueryNode[]): QuerySpan {
  return { start: nodes[0]?.start ?? 0, end: nodes.at(-1)?.end ?? 0 };
}
