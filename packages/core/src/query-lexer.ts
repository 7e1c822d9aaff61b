import { QUERY_FIELDS, fieldNamed } from './query-fields.js';
import type { QueryError, QueryErrorCode, QuerySpan } from './query-tree.js';

/** A value as written. `star`: a `*` follows it. */
export interface RawValue extends QuerySpan {
  text: string;
  quoted: boolean;
  star: boolean;
}

interface RawName extends QuerySpan {
  text: string;
}

interface RawKey extends RawName {
  quoted: boolean;
}

/** `field:value,value` before its meaning is read. There is at least one value, which may be empty. */
export interface PairToken extends QuerySpan {
  kind: 'pair';
  name: RawName;
  key: RawKey | null;
  op: string;
  values: [RawValue, ...RawValue[]];
  problem: QueryError | null;
}

export interface TextToken extends QuerySpan {
  kind: 'text';
  text: string;
  quoted: boolean;
  problem: QueryError | null;
}

interface SignToken extends QuerySpan {
  kind: '(' | ')' | 'and' | 'or' | 'not';
  problem: QueryError | null;
}

export type QueryToken = PairToken | TextToken | SignToken;

const SPACE = /\s/;
const KEYWORDS: Readonly<Record<string, 'and' | 'or' | 'not'>> = {
  AND: 'and',
  OR: 'or',
  NOT: 'not',
};

/**
 * Splits any text into tokens. A faulty token carries its `problem`, so completion works on unfinished
 * texts.
 */
export function lexQuery(text: string): QueryToken[] {
  const lexer = new Lexer(text);
  const tokens: QueryToken[] = [];
  for (let token = lexer.next(); token !== undefined; token = lexer.next()) tokens.push(token);
  return tokens;
}

export function queryError(code: QueryErrorCode, message: string, span: QuerySpan): QueryError {
  return { code, message, start: span.start, end: span.end };
}

/** Whether the character is a `"` or ends a bare word. */
function endsWord(char: string): boolean {
  return char === '' || char === '(' || char === ')' || char === '"' || SPACE.test(char);
}

class Lexer {
  readonly #text: string;
  #at = 0;
  #problem: QueryError | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  next(): QueryToken | undefined {
    while (SPACE.test(this.#char())) this.#at++;
    const start = this.#at;
    this.#problem = null;
    const char = this.#char();
    if (char === '') return undefined;
    if (char === '(' || char === ')') {
      this.#at++;
      return { kind: char, start, end: this.#at, problem: null };
    }
    if (char === '-') return this.#minus(start);
    if (char === '"') {
      const text = this.#quoted();
      this.#expectEnd();
      return { kind: 'text', text, quoted: true, start, end: this.#at, problem: this.#problem };
    }
    return this.#word(start);
  }

  #minus(start: number): QueryToken {
    this.#at++;
    const char = this.#char();
    if (char === ')' || char === '' || SPACE.test(char)) {
      this.#fail('missing_operand', 'Write - directly before the term to exclude.', start);
    }
    return { kind: 'not', start, end: this.#at, problem: this.#problem };
  }

  #word(start: number): QueryToken {
    while (!endsWord(this.#char()) && this.#char() !== ':') this.#at++;
    const word = this.#text.slice(start, this.#at);
    const dot = word.indexOf('.');
    const field = dot < 0 ? undefined : fieldNamed(word.slice(0, dot));
    const keyed = field !== undefined && QUERY_FIELDS[field].keyed !== undefined;
    let key: RawKey | null = null;
    if (keyed) {
      const from = start + dot + 1;
      const isQuoted = this.#char() === '"' && dot === word.length - 1;
      const text = isQuoted ? this.#quoted() : word.slice(dot + 1);
      key = { text, quoted: isQuoted, start: from, end: this.#at };
    }
    const name = keyed ? word.slice(0, dot) : word;
    if (this.#char() === ':') {
      return this.#pair(start, { text: name, start, end: start + name.length }, key);
    }
    this.#expectEnd();
    const text = this.#text.slice(start, this.#at);
    const keyword = Object.hasOwn(KEYWORDS, text) ? KEYWORDS[text] : undefined;
    const span = { start, end: this.#at, problem: this.#problem };
    if (keyword !== undefined) return { kind: keyword, ...span };
    return { kind: 'text', text, quoted: false, ...span };
  }

  #pair(start: number, name: RawName, key: RawKey | null): PairToken {
    this.#at++;
    const [op] = /^[<>]?=?/.exec(this.#text.slice(this.#at, this.#at + 2)) ?? [''];
    this.#at += op.length;
    const values: [RawValue, ...RawValue[]] = [this.#value()];
    while (this.#char() === ',') {
      this.#at++;
      values.push(this.#value());
    }
    this.#expectEnd();
    return { kind: 'pair', name, key, op, values, start, end: this.#at, problem: this.#problem };
  }

  #value(): RawValue {
    const start = this.#at;
    if (this.#char() === '"') {
      const text = this.#quoted();
      const star = this.#char() === '*';
      if (star) this.#at++;
      return { text, quoted: true, star, start, end: this.#at };
    }
    while (!endsWord(this.#char()) && this.#char() !== ',') this.#at++;
    const written = this.#text.slice(start, this.#at);
    const star = written.endsWith('*');
    const text = star ? written.slice(0, -1) : written;
    return { text, quoted: false, star, start, end: this.#at };
  }

  /** Reads a quoted text. Within it `\"` and `\\` stand for their second character. */
  #quoted(): string {
    const start = this.#at++;
    let text = '';
    while (this.#char() !== '"') {
      if (this.#char() === '') {
        this.#fail('unclosed_quote', 'This quote is not closed. Write " at its end.', start);
        return text;
      }
      const next = this.#text.charAt(this.#at + 1);
      if (this.#char() === '\\' && (next === '"' || next === '\\')) this.#at++;
      text += this.#char();
      this.#at++;
    }
    this.#at++;
    return text;
  }

  /** A word must be followed by a space, a closing parenthesis or the end. Other characters need quotes. */
  #expectEnd(): void {
    const char = this.#char();
    if (char === '' || char === ')' || SPACE.test(char)) return;
    if (char === '(') {
      this.#fail(
        'misplaced_parenthesis',
        'Write a space before (, or put the whole value in quotes.',
        this.#at,
        this.#at + 1,
      );
      return;
    }
    this.#fail(
      'misplaced_quote',
      'Write a space here, or put the whole value in quotes; a quote within it is \\".',
      this.#at,
      this.#at + 1,
    );
  }

  /** Only the first problem of a token is reported. */
  #fail(code: QueryErrorCode, message: string, start: number, end = this.#at): void {
    this.#problem ??= queryError(code, message, { start, end });
  }

  #char(): string {
    return this.#text.charAt(this.#at);
  }
}
