/** A place in the text of a query, in UTF-16 code units; `end` is exclusive. */
export interface QuerySpan {
  start: number;
  end: number;
}

/** Why a text is no query: what to do about it, and where. */
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

/** Fields whose values are texts: equal, or by prefix. */
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

/** `prefix`: whatever begins with `text`. */
export interface QueryValue extends QuerySpan {
  match: 'is' | 'prefix';
  text: string;
}

/** One of the values. `key` is the name after `version.` and `metadata.`, and null of every other field. */
export interface TermNode extends QuerySpan {
  kind: 'term';
  field: TextField;
  key: string | null;
  values: QueryValue[];
}

/** `field:*`: there is a value. */
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

/** A day in UTC stands for all of it: `>` begins after its end, `=` is within it. */
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

/** To be found in anything that was recorded. `quoted`: in this order, as a phrase. */
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

/** What must hold of an execution. An `and` of nothing holds of every one; it is what an empty text says. */
export type QueryNode = QueryLeaf | NotNode | AndNode | OrNode;

/** Bounds of a query; a list of values counts as that many terms. */
export const QUERY_LIMITS = { length: 2_000, terms: 100, depth: 20 } as const;

/** All of the nodes, flat: an `and` within an `and` says the same as its parts. */
export function allOf(nodes: QueryNode[], span = spanOf(nodes)): QueryNode {
  const flat = nodes.flatMap((node) => (node.kind === 'and' ? node.nodes : [node]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind: 'and', nodes: flat, ...span };
}

/** Any of the nodes, of which there is at least one. */
export function anyOf(nodes: QueryNode[], span = spanOf(nodes)): QueryNode {
  const flat = nodes.flatMap((node) => (node.kind === 'or' ? node.nodes : [node]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind: 'or', nodes: flat, ...span };
}

/** The terms, comparisons and words of a query in their order, whatever stands around them. */
export function* queryLeaves(query: QueryNode): Generator<QueryLeaf> {
  if (query.kind === 'not') yield* queryLeaves(query.node);
  else if (query.kind === 'and' || query.kind === 'or') {
    for (const node of query.nodes) yield* queryLeaves(node);
  } else yield query;
}

function spanOf(nodes: QueryNode[]): QuerySpan {
  return { start: nodes[0]?.start ?? 0, end: nodes.at(-1)?.end ?? 0 };
}
