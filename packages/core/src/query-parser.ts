import { fieldNamed } from './query-fields.js';
import { lexQuery, queryError, type QueryToken } from './query-lexer.js';
import { readPair } from './query-pair.js';
import {
  QUERY_LIMITS,
  allOf,
  anyOf,
  type QueryError,
  type QueryNode,
  type QuerySpan,
} from './query-tree.js';

export type ParsedQuery = { ok: true; query: QueryNode } | { ok: false; error: QueryError };

/**
 * Reads a text in the filter language (docs/query-language.md). Never throws: an error says what to do and
 * where. A blank text is a valid query that matches every execution.
 */
export function parseQuery(text: string): ParsedQuery {
  const unusable = checkText(text);
  if (unusable !== undefined) return { ok: false, error: unusable };
  const tokens = lexQuery(text);
  const problem = tokens.find((token) => token.problem !== null)?.problem;
  if (problem) return { ok: false, error: problem };
  return new Parser(tokens, text.length).parse();
}

function checkText(text: string): QueryError | undefined {
  const { length } = QUERY_LIMITS;
  if (text.length > length) {
    return queryError(
      'too_long',
      `A query can have at most ${length} characters. Make it shorter.`,
      {
        start: length,
        end: text.length,
      },
    );
  }
  const bad = /[\0\p{Surrogate}]/u.exec(text);
  if (bad === null) return undefined;
  return queryError('bad_character', 'This character is not allowed; remove it.', {
    start: bad.index,
    end: bad.index + 1,
  });
}

type Read = QueryNode | QueryError;

function isError(read: Read): read is QueryError {
  return 'code' in read;
}

/**
 * A recursive descent parser: or := and (OR and)*, and := unary (AND? unary)*, unary := (NOT | -) unary | (
 * or ) | leaf.
 */
class Parser {
  readonly #tokens: QueryToken[];
  readonly #end: QuerySpan;
  #at = 0;
  #terms = 0;

  constructor(tokens: QueryToken[], length: number) {
    this.#tokens = tokens;
    this.#end = { start: length, end: length };
  }

  parse(): ParsedQuery {
    if (this.#tokens.length === 0) {
      return { ok: true, query: allOf([], { start: 0, end: this.#end.end }) };
    }
    const read = this.#or(0);
    if (isError(read)) return { ok: false, error: read };
    const rest = this.#peek();
    if (rest === undefined) return { ok: true, query: read };
    return { ok: false, error: unopened(rest) };
  }

  #or(depth: number): Read {
    const nodes: QueryNode[] = [];
    do {
      const node = this.#and(depth);
      if (isError(node)) return node;
      nodes.push(node);
    } while (this.#take('or') !== undefined);
    return anyOf(nodes);
  }

  #and(depth: number): Read {
    const nodes: QueryNode[] = [];
    do {
      const node = this.#unary(depth);
      if (isError(node)) return node;
      nodes.push(node);
    } while (this.#take('and') !== undefined || this.#atOperand());
    return allOf(nodes);
  }

  #atOperand(): boolean {
    const kind = this.#peek()?.kind;
    return kind !== undefined && kind !== ')' && kind !== 'or' && kind !== 'and';
  }

  #unary(depth: number): Read {
    const token = this.#peek();
    if (depth > QUERY_LIMITS.depth && token !== undefined) {
      const message = `A query nests at most ${QUERY_LIMITS.depth} levels deep; remove parentheses.`;
      return queryError('too_deep', message, token);
    }
    const not = this.#take('not');
    if (not !== undefined) {
      const node = this.#unary(depth + 1);
      return isError(node) ? node : { kind: 'not', node, start: not.start, end: node.end };
    }
    const open = this.#take('(');
    return open === undefined ? this.#leaf() : this.#group(open, depth);
  }

  #group(open: QuerySpan, depth: number): Read {
    const empty = this.#take(')');
    if (empty !== undefined) {
      const span = { start: open.start, end: empty.end };
      return queryError('empty_group', 'These parentheses are empty. Fill or remove them.', span);
    }
    const node = this.#or(depth + 1);
    if (isError(node)) return node;
    const close = this.#take(')');
    return close === undefined ? unclosed(open) : { ...node, start: open.start, end: close.end };
  }

  #leaf(): Read {
    const token = this.#peek();
    if (token?.kind === 'text' || token?.kind === 'pair') {
      this.#at++;
      this.#terms += token.kind === 'pair' ? token.values.length : 1;
      if (this.#terms > QUERY_LIMITS.terms) {
        const message = `A query has at most ${QUERY_LIMITS.terms} terms; remove some.`;
        return queryError('too_many_terms', message, token);
      }
      return token.kind === 'pair' ? readPair(token) : readText(token);
    }
    return this.#missing(this.#tokens[this.#at - 1], token);
  }

  /** The error for a missing term before the end, `)`, AND or OR. */
  #missing(before: QueryToken | undefined, token: QueryToken | undefined): QueryError {
    if (before !== undefined && before.kind !== '(') return operandMissing('after', before);
    if (token?.kind === ')') return unopened(token);
    if (token !== undefined) return operandMissing('before', token);
    return unclosed(before ?? this.#end);
  }

  #peek(): QueryToken | undefined {
    return this.#tokens[this.#at];
  }

  #take(kind: QueryToken['kind']): QueryToken | undefined {
    const token = this.#peek();
    if (token?.kind !== kind) return undefined;
    this.#at++;
    return token;
  }
}

function operandMissing(where: 'before' | 'after', sign: QueryToken): QueryError {
  const word = sign.kind.toUpperCase();
  const message = `Something is missing ${where} ${word}. To search for the word, put it in quotes: "${word}".`;
  return queryError('missing_operand', message, sign);
}

function unopened(close: QuerySpan): QueryError {
  const message = 'This parenthesis closes nothing. Remove it, or put it in quotes.';
  return queryError('misplaced_parenthesis', message, close);
}

function unclosed(open: QuerySpan): QueryError {
  const message = 'This parenthesis is not closed. Write ) at its end.';
  return queryError('unclosed_parenthesis', message, open);
}

/** A comparison without a colon would be searched as text and find nothing, so it is an error. */
function readText(token: Extract<QueryToken, { kind: 'text' }>): Read {
  const { kind, text, quoted, start, end } = token;
  if (text.trim() === '') {
    return queryError('missing_value', 'These quotes are empty. Fill or remove them.', token);
  }
  const [, name = '', rest = ''] = /^([a-z]+)((?:>=|<=|>|<|=).+)$/i.exec(text) ?? [];
  const field = quoted ? undefined : fieldNamed(name);
  if (field === undefined) return { kind, text, quoted, start, end };
  const value = rest.replace(/^=/, '');
  const message = `Write ${field}:${value} with a colon, or put it in quotes to search for the text.`;
  return queryError('missing_colon', message, token);
}
