import { lexQuery, type QueryError, type QueryToken } from '@xray/core/query';

/** A piece of a filter's text, for colouring. The joined pieces are the text. */
export interface FilterSegment {
  text: string;
  kind: 'space' | 'field' | 'sign' | 'value' | 'text' | 'word';
  /** The term it belongs to, by number; null between terms. */
  term: number | null;
  /** A `-` or a NOT before it negates the term. */
  negated: boolean;
  wrong: boolean;
}

type Piece = Pick<FilterSegment, 'kind'> & { start: number; end: number };

export function filterSegments(text: string, error: QueryError | null): FilterSegment[] {
  const segments: FilterSegment[] = [];
  let at = 0;
  let negated = false;
  const add = (piece: Piece, term: number | null) => {
    for (const { start, end, wrong } of splitAtError(piece, error)) {
      if (end > start) {
        segments.push({ text: text.slice(start, end), kind: piece.kind, term, negated, wrong });
      }
    }
    at = piece.end;
  };
  for (const [index, token] of lexQuery(text).entries()) {
    if (token.start > at) add({ kind: 'space', start: at, end: token.start }, null);
    const isTerm = token.kind === 'pair' || token.kind === 'text';
    if (token.kind === 'not') negated = true;
    for (const piece of piecesOf(token, at))
      add(piece, isTerm || token.kind === 'not' ? index : null);
    if (token.kind !== 'not') negated = false;
  }
  if (at < text.length) add({ kind: 'space', start: at, end: text.length }, null);
  return segments;
}

function piecesOf(token: QueryToken, from: number): Piece[] {
  const pieces: Piece[] = [];
  let at = Math.max(from, token.start);
  const add = (kind: Piece['kind'], start: number, end: number) => {
    if (start > at) pieces.push({ kind: 'sign', start: at, end: start });
    if (end > Math.max(at, start)) pieces.push({ kind, start: Math.max(at, start), end });
    at = Math.max(at, end);
  };
  if (token.kind === 'pair') {
    add('field', token.start, token.key?.end ?? token.name.end);
    for (const value of token.values) add('value', value.start, value.end);
    add('sign', token.end, token.end);
  } else if (token.kind === 'text') {
    add('text', token.start, token.end);
  } else {
    add(token.kind === 'and' || token.kind === 'or' ? 'word' : 'sign', token.start, token.end);
  }
  return pieces;
}

function splitAtError({ start, end }: Piece, error: QueryError | null) {
  const from = error === null ? end : Math.min(end, Math.max(start, error.start));
  const to = error === null ? end : Math.min(end, Math.max(from, error.end));
  return [
    { start, end: from, wrong: false },
    { start: from, end: to, wrong: true },
    { start: to, end, wrong: false },
  ];
}
