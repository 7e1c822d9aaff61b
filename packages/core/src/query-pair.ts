import { QUERY_FIELDS, RULE_PARTS, fieldNamed, nearest, splitRuleKey } from './query-fields.js';
import { queryError, type PairToken, type RawValue } from './query-lexer.js';
import { printQueryField } from './query-print.js';
import type {
  CompareOp,
  FlagField,
  QueryError,
  QueryErrorCode,
  QueryField,
  QueryLeaf,
  TextField,
} from './query-tree.js';
import { readCount, readDuration, readTime } from './query-values.js';

/** The meaning of `field:value`, or its error. */
export function readPair(token: PairToken): QueryLeaf | QueryError {
  const field = fieldNamed(token.name.text);
  if (field === undefined) return unknownField(token);
  const { takes, keyed } = QUERY_FIELDS[field];
  const key = token.key?.text ?? null;
  // A version or metadata key may be empty if it is written in quotes.
  if (keyed === true && (key === null || (key === '' && token.key?.quoted !== true))) {
    return missingKey(token, field);
  }
  if (field === 'rule' && key !== null && !namesPart(key)) return missingPart(token, key);
  const empty = token.values.find((value) => value.text === '' && !value.quoted && !value.star);
  if (empty !== undefined) return missingValue(token, field, empty);
  if (isStar(token.values[0]) && token.values.length === 1 && token.op === '') {
    if (field !== 'candidate') {
      return { kind: 'present', field, key, start: token.start, end: token.end };
    }
  }
  if (takes === 'text') return readTerm(token, field as TextField, key);
  return readSingle(token, field as Exclude<QueryField, TextField>);
}

/** Whether the value is a single `*`. */
function isStar(value: RawValue): boolean {
  return value.star && value.text === '' && !value.quoted;
}

function readTerm(token: PairToken, field: TextField, key: string | null): QueryLeaf | QueryError {
  const name = printQueryField(field, key);
  if (token.op !== '') {
    const value = token.values[0];
    const message = `${name} is not compared by ${token.op}; write ${name}:value, with quotes if the value begins with ${token.op}.`;
    return failure('not_comparable', message, {
      start: value.start - token.op.length,
      end: value.end,
    });
  }
  const { values: known } = QUERY_FIELDS[field];
  for (const value of token.values) {
    if (isStar(value)) {
      const message =
        field === 'candidate'
          ? 'A candidate is looked up by its whole id; write candidate:B07X.'
          : `* cannot be combined with other values; write ${name}:* for any value.`;
      return failure(field === 'candidate' ? 'no_presence' : 'no_list', message, value);
    }
    if (value.star && (field === 'candidate' || known !== undefined)) {
      const message =
        field === 'candidate'
          ? 'A candidate is looked up by its whole id; remove the *.'
          : `${name} takes one of ${known?.join(', ')}; remove the *.`;
      return failure('no_prefix', message, value);
    }
    if (known?.includes(value.text) === false) return unknownValue(field, known, value);
  }
  return {
    kind: 'term',
    field,
    key,
    values: token.values.map(({ text, star, start, end }) => ({
      match: star ? 'prefix' : 'is',
      text,
      start,
      end,
    })),
    start: token.start,
    end: token.end,
  };
}

/** Reads fields that take one value. An interval is two terms. */
function readSingle(
  token: PairToken,
  field: Exclude<QueryField, TextField>,
): QueryLeaf | QueryError {
  const [value, second] = token.values;
  const { values: known, example } = QUERY_FIELDS[field];
  if (second !== undefined) {
    return failure('no_list', `${field} takes one value. Join two terms with OR.`, second);
  }
  const span = { start: token.start, end: token.end };
  const written = value.star ? `${value.text}*` : value.text;
  const op = token.op === '' ? '=' : (token.op as CompareOp | '=');
  switch (field) {
    case 'adverse':
    case 'conflict':
      if (op === '=' && known?.includes(written)) {
        return {
          kind: 'flag',
          field: field satisfies FlagField,
          value: written === 'true',
          ...span,
        };
      }
      return failure('unknown_value', `${field} takes true or false, as in ${example}.`, value);
    case 'duration': {
      const duration = readDuration(written);
      if (duration !== undefined && op !== '=')
        return { kind: 'duration', op, ...duration, ...span };
      const message = `duration takes >, >=, < or <= and a number with ms, s, min or h, as in ${example}.`;
      return failure('bad_duration', message, value);
    }
    case 'started': {
      const time = readTime(written);
      if (time?.form === 'ago' && op === '=') return { kind: 'started', op: '>=', time, ...span };
      if (time !== undefined && (time.form === 'day' || op !== '=')) {
        return { kind: 'started', op, time, ...span };
      }
      const message =
        'started takes a day, >, >=, < or <= with a day or a time, or how long ago: ' +
        'started:2026-11-01, started:>2026-11-01T09:30Z, started:>-24h, started:<now-7d.';
      return failure('bad_time', message, value);
    }
    case 'steps': {
      const count = readCount(written);
      if (count !== undefined) return { kind: 'steps', op, count, ...span };
      return failure('bad_count', `steps takes a whole number, as in ${example}.`, value);
    }
  }
}

function unknownField(token: PairToken): QueryError {
  const { text } = token.name;
  const near = nearest(text, Object.keys(QUERY_FIELDS));
  const advice =
    near.length > 0
      ? `did you mean ${near.map((name) => `${name}:`).join(' or ')}?`
      : `known are ${Object.keys(QUERY_FIELDS).join(', ')}.`;
  const message = `There is no field "${text}"; ${advice} To search for the text, put it in quotes.`;
  return failure('unknown_field', message, token.name);
}

function unknownValue(field: string, known: readonly string[], value: RawValue): QueryError {
  const [near] = nearest(value.text, known);
  const advice = near === undefined ? '' : ` Did you mean ${near}?`;
  const message = `${field} takes one of ${known.join(', ')}.${advice}`;
  return failure('unknown_value', message, value);
}

function missingKey(token: PairToken, field: QueryField): QueryError {
  const message = `${field} needs a name after a dot, as in ${QUERY_FIELDS[field].example}.`;
  return failure('missing_key', message, token.key ?? token.name);
}

function namesPart(key: string): boolean {
  const { rule, part } = splitRuleKey(key);
  return rule !== '' && part !== undefined;
}

function missingPart(token: PairToken, key: string): QueryError {
  const parts = RULE_PARTS.join(', ');
  const message = `rule.${key} needs a rule and one of ${parts}, as in rule.max_dti.threshold:0.36.`;
  return failure('missing_key', message, token.key ?? token.name);
}

function missingValue(token: PairToken, field: QueryField, empty: RawValue): QueryError {
  const many = token.values.length > 1;
  const message = many
    ? 'A value is missing beside this comma. Write no space there, and quote a value with a space.'
    : `Write a value right after the colon, as in ${QUERY_FIELDS[field].example}.`;
  const start = Math.max(token.start, empty.start - 1);
  return failure('missing_value', message, { start, end: empty.end });
}

function failure(
  code: QueryErrorCode,
  message: string,
  span: { start: number; end: number },
): QueryError {
  return queryError(code, message, span);
}
