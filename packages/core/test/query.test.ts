import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  QUERY_FIELDS,
  QUERY_LIMITS,
  completeQuery,
  matchesQuery,
  parseQuery,
  printQuery,
  printQueryField,
  printQueryValue,
  termState,
  toggleTerm,
  type FacetTerm,
  type QueryContext,
  type QueryError,
  type QueryFacts,
  type QueryNode,
  readFacetTerm,
  type QueryOption,
  type TextField,
} from '../src/query.js';
import { anyQuery, anyText, placeless } from './queries.js';

function parsed(text: string): QueryNode {
  const result = parseQuery(text);
  if (!result.ok) throw new Error(`${text}: ${result.error.message}`);
  return result.query;
}

function errorOf(text: string) {
  const result = parseQuery(text);
  if (result.ok) throw new Error(`${text} is a query`);
  return result.error;
}

const NOW = Date.parse('2026-11-22T12:00:00Z');

const facts: QueryFacts = {
  executionId: '0197f7a0',
  pipeline: 'loan-approval',
  environment: 'prod',
  status: 'failed',
  outcome: 'declined',
  adverse: true,
  conflict: false,
  at: Date.parse('2026-11-02T09:30:00Z'),
  durationMs: 812.5,
  versions: { ruleset: 'r42' },
  metadata: { region: 'eu', attempts: 2, priority: false, 'two words': 'x' },
  subjects: [{ type: 'applicant', id: '123' }],
  tags: ['vip', 'a b'],
  reasons: ['SCORE_LOW', 'DTI_HIGH'],
  rules: ['max_dti'],
  decisive: ['min_score'],
  ruleSettings: [{ id: 'max.dti', op: '<=', threshold: 0.36, version: '4' }],
  errorType: 'TimeoutError',
  steps: [
    { name: 'rules', status: 'completed' },
    { name: 'score', status: 'timed_out' },
  ],
};

const context: QueryContext = {
  now: NOW,
  hasCandidate: (id) => id === 'B07X',
  hasText: (text) => ['took', 'too long', 'max@example.com'].includes(text),
};

function finds(text: string, changes: Partial<QueryFacts> = {}): boolean {
  return matchesQuery(parsed(text), { ...facts, ...changes }, context);
}

describe('meaning of a query', () => {
  test.each([
    [''],
    ['   '],
    ['outcome:declined'],
    ['Outcome:declined'],
    ['pipeline:loan-* status:failed env:prod environment:prod'],
    ['step:rules reason:SCORE_LOW rule:max_dti decisive:min_score'],
    ['subject:applicant/123 subject:123 subject:applicant/* subject:*'],
    ['candidate:B07X'],
    ['candidate:other,B07X'],
    ['version.ruleset:r42 metadata.region:eu tag:vip'],
    ['metadata.attempts:2 metadata.attempts:2.0 metadata.priority:false'],
    ['metadata."two words":x'],
    [
      'rule.max.dti.threshold:0.36 rule.max.dti.op:"<=" rule.max.dti.version:4 rule.max.dti.op:"<"*',
    ],
    ['rule.max.dti.threshold:* rule:* -rule.max.dti.effect:* -rule.other.threshold:*'],
    ['tag:"a b"'],
    ['outcome:approved,declined'],
    ['failed:score -failed:rules'],
    ['error:TimeoutError error:Time*'],
    ['id:0197*'],
    ['adverse:true conflict:false'],
    ['duration:>500ms duration:<=0.813s duration:<1min duration:<1h'],
    ['steps:2 steps:>1 steps:<=2'],
    ['started:2026-11-02 started:>2026-11-01 started:<2026-11-03 started:<=2026-11-02'],
    ['started:>=2026-11-02T09:30Z started:<=2026-11-02T10:30+01:00'],
    ['started:>-30d started:-3w started:<now-7d'],
    ['-outcome:approved NOT outcome:approved -(outcome:approved OR status:running)'],
    ['(outcome:approved OR status:failed) AND tag:vip'],
    ['outcome:approved status:failed OR tag:vip'],
    ['took "too long" max@example.com'],
    ['took OR nothing'],
  ])('%s finds the execution', (text) => {
    expect(finds(text)).toBe(true);
  });

  test.each([
    ['outcome:Declined'],
    ['outcome:decl'],
    ['pipeline:*loan'],
    ['subject:other/123 OR subject:123/*'],
    ['metadata.attempts:2* OR metadata.region:*u'],
    ['metadata.constructor:*'],
    ['version.toString:*'],
    ['version.model:*'],
    ['tag:"vip*"'],
    ['started:>2026-11-02'],
    ['started:<2026-11-02'],
    ['started:-24h'],
    ['duration:<812.5ms'],
    ['adverse:false'],
    ['status:failed (outcome:approved OR tag:none)'],
    ['-took'],
  ])('%s does not', (text) => {
    expect(finds(text)).toBe(false);
  });

  test('a missing value matches a negation and no comparison', () => {
    const none = { outcome: null, adverse: null, durationMs: null, errorType: null };
    expect(finds('-outcome:approved -outcome:* -adverse:false -adverse:*', none)).toBe(true);
    expect(finds('duration:>0ms', none)).toBe(false);
    expect(finds('duration:*', none)).toBe(false);
    expect(finds('-error:*', none)).toBe(true);
  });

  test('OR binds less tightly than terms side by side', () => {
    expect(placeless(parsed('a b OR c'))).toEqual(placeless(parsed('(a b) OR c')));
    expect(placeless(parsed('a AND (b c)'))).toEqual(placeless(parsed('a b c')));
  });

  test('the example of every field is a valid query', () => {
    for (const { example } of Object.values(QUERY_FIELDS)) {
      expect(parseQuery(example)).toMatchObject({ ok: true });
    }
  });
});

describe('an error says what to write, and where', () => {
  test.each([
    ['outcom:x', 'unknown_field', [0, 6], 'outcome:'],
    ['a http://x', 'unknown_field', [2, 6], 'quotes'],
    ['status:faild', 'unknown_value', [7, 12], 'failed'],
    ['status:fail*', 'no_prefix', [7, 12], 'remove the *'],
    ['adverse:maybe', 'unknown_value', [8, 13], 'true or false'],
    ['duration:>fast', 'bad_duration', [10, 14], 'duration:>500ms'],
    ['duration:500ms', 'bad_duration', [9, 14], '>='],
    ['started:>monday', 'bad_time', [9, 15], '2026-11-01'],
    ['started:2026-02-30', 'bad_time', [8, 18], 'started:'],
    ['started:2026-11-01T09:30', 'bad_time', [8, 24], 'started:'],
    ['steps:>many', 'bad_count', [7, 11], 'whole number'],
    ['steps:1,2', 'no_list', [8, 9], 'OR'],
    ['outcome:>x', 'not_comparable', [8, 10], 'quotes'],
    ['outcome:', 'missing_value', [7, 8], 'colon'],
    ['outcome:a, b', 'missing_value', [9, 10], 'comma'],
    ['outcome:a,*', 'no_list', [10, 11], 'outcome:*'],
    ['version:r42', 'missing_key', [0, 7], 'version.ruleset:r42'],
    ['candidate:*', 'no_presence', [10, 11], 'whole id'],
    ['candidate:B*', 'no_prefix', [10, 12], 'whole id'],
    ['duration>500ms', 'missing_colon', [0, 14], 'duration:>500ms'],
    ['outcome=approved', 'missing_colon', [0, 16], 'outcome:approved'],
    ['a "b', 'unclosed_quote', [2, 4], 'not closed'],
    ['a"b"', 'misplaced_quote', [1, 2], 'space'],
    ['"a"b', 'misplaced_quote', [3, 4], 'space'],
    ['f(x)', 'misplaced_parenthesis', [1, 2], 'quotes'],
    ['(a', 'unclosed_parenthesis', [0, 1], ')'],
    ['a (', 'unclosed_parenthesis', [2, 3], ')'],
    ['a)', 'misplaced_parenthesis', [1, 2], 'closes nothing'],
    ['a ()', 'empty_group', [2, 4], 'empty'],
    ['OR a', 'missing_operand', [0, 2], 'before OR'],
    ['a OR', 'missing_operand', [2, 4], 'after OR'],
    ['a AND OR b', 'missing_operand', [2, 5], 'after AND'],
    ['a - b', 'missing_operand', [2, 3], 'directly'],
    ['a NOT', 'missing_operand', [2, 5], 'after NOT'],
    ['""', 'missing_value', [0, 2], 'empty'],
    ['a\0', 'bad_character', [1, 2], 'remove'],
    ['outcome:\ud800', 'bad_character', [8, 9], 'remove'],
  ])('%j is %s', (text, code, [start, end], advice) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ code, start, end });
    expect(error.message).toContain(advice);
  });

  test('exceeding a limit of a query names the limit', () => {
    const { length, terms, depth } = QUERY_LIMITS;
    expect(errorOf('a'.repeat(length + 1))).toMatchObject({ code: 'too_long', start: length });
    expect(errorOf('a '.repeat(terms + 1)).message).toContain(`${terms} terms`);
    expect(errorOf(`tag:${'a,'.repeat(terms)}a`).code).toBe('too_many_terms');
    expect(errorOf(`${'('.repeat(depth + 1)}a${')'.repeat(depth + 1)}`)).toMatchObject({
      code: 'too_deep',
      message: expect.stringContaining(`${depth} levels`),
    });
    expect(errorOf('-'.repeat(1_999) + 'a').code).toBe('too_deep');
    parsed(`${'('.repeat(depth)}a${')'.repeat(depth)}`);
  });
});

/** Checks that an error has a message and a place within a text of this length. */
function withinText(error: QueryError, length: number) {
  const { start, end, message } = error;
  return 0 <= start && start <= end && end <= length && message !== ''
    ? { ok: false, error: placeless(error) }
    : null;
}

describe('any query', () => {
  test('a printed query parses as the same query', () => {
    fc.assert(
      fc.property(anyQuery, (query) => {
        const text = printQuery(query);
        fc.pre(text.length <= QUERY_LIMITS.length);
        expect(placeless(parsed(text))).toEqual(placeless(query));
      }),
      { numRuns: 1_000 },
    );
  });

  test('any text is a query or has an error at a place within it, and parsing does not throw', () => {
    const signs = ['"', '(', ')', '-', ' ', ',', '*', '\\', ':', '.', '😀', '\ud83d', '\u00a0'];
    const words = ['outcome:', 'metadata.', 'duration:>', '5s', 'OR', 'NOT', 'AND'];
    const pieces = fc.constantFrom(...signs, ...words);
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 }))).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, fc.nat(60), (text, caret) => {
        const { length } = text;
        const { start, end } = completeQuery(text, caret) ?? { start: 0, end: length };
        expect([0 <= start, start <= end, end <= length]).toEqual([true, true, true]);
        const read = parseQuery(text);
        const again = read.ok
          ? placeless(parseQuery(printQuery(read.query)))
          : withinText(read.error, length);
        expect(again).toEqual(placeless(read));
      }),
      { numRuns: 2_000 },
    );
  });

  test('the place of every part is its text', () => {
    const text = 'outcome:a,"b c" -(tag:vip* OR "free text") duration:>5s';
    const pieces: string[] = [];
    const walk = (node: QueryNode): void => {
      pieces.push(text.slice(node.start, node.end));
      if (node.kind === 'term') {
        for (const { start, end } of node.values) pieces.push(text.slice(start, end));
      }
      if (node.kind === 'not') walk(node.node);
      if (node.kind === 'and' || node.kind === 'or') node.nodes.forEach(walk);
    };
    walk(parsed(text));
    expect(pieces).toEqual([
      text,
      'outcome:a,"b c"',
      'a',
      '"b c"',
      '-(tag:vip* OR "free text")',
      '(tag:vip* OR "free text")',
      'tag:vip*',
      'vip*',
      '"free text"',
      'duration:>5s',
    ]);
  });
});

describe('completion', () => {
  /** `|` marks the caret. */
  function complete(marked: string) {
    const caret = marked.indexOf('|');
    return completeQuery(marked.replace('|', ''), caret);
  }
  const inserts = (options: QueryOption[] | undefined) => options?.map(({ insert }) => insert);

  test('offers fields at the beginning of a term', () => {
    for (const text of ['|', 'tag:a |', '(|', '-|', 'a OR |']) {
      expect(complete(text)).toMatchObject({ expects: 'field', prefix: '' });
      expect(complete(text)?.options).toHaveLength(Object.keys(QUERY_FIELDS).length);
    }
    expect(inserts(complete('tag:a me|')?.options)).toEqual(['metadata.']);
    expect(complete('-out|')).toMatchObject({
      start: 1,
      end: 4,
      options: [{ insert: 'outcome:' }],
    });
    expect(complete('out|come:declined')).toMatchObject({ expects: 'field', start: 0, end: 8 });
  });

  test('names the field of a value, and the text that a completion would replace', () => {
    expect(complete('status:fa|')).toMatchObject({
      expects: 'value',
      field: 'status',
      prefix: 'fa',
      start: 7,
      end: 9,
      options: [{ insert: 'failed' }],
    });
    expect(complete('outcome:declined,ap|pr tag:x')).toMatchObject({
      expects: 'value',
      field: 'outcome',
      prefix: 'ap',
      start: 17,
      end: 21,
    });
    expect(complete('tag:"a b|')).toMatchObject({ expects: 'value', prefix: 'a b', start: 4 });
    expect(complete('version.ruleset:|')).toMatchObject({
      expects: 'value',
      field: 'version',
      key: 'ruleset',
    });
    expect(complete('metadata.re|')).toMatchObject({ expects: 'key', field: 'metadata', start: 9 });
    expect(inserts(complete('duration:|')?.options)).toEqual(['>500ms']);
    expect(complete('duration:>5|')).toMatchObject({ prefix: '>5', start: 9, end: 11 });
  });

  test('offers nothing within a phrase or after an unknown field', () => {
    for (const text of ['"some ph|', 'nope:x|', '(a)|', 'a OR|']) {
      expect(complete(text)).toBeNull();
    }
  });
});

describe('facets edit a query', () => {
  const declined: FacetTerm = { field: 'outcome', key: null, value: 'declined' };
  const edit = (text: string, term: FacetTerm, exclude = false) =>
    printQuery(toggleTerm(parsed(text), term, exclude));

  test('values of a field are added to one term, and removed from it', () => {
    expect(edit('', declined)).toBe('outcome:declined');
    expect(edit('tag:vip', declined)).toBe('tag:vip outcome:declined');
    expect(edit('outcome:failed a', declined)).toBe('outcome:failed,declined a');
    expect(edit('outcome:failed,declined a', declined)).toBe('outcome:failed a');
    expect(edit('outcome:declined', declined)).toBe('');
    expect(edit('a OR b', declined)).toBe('(a OR b) outcome:declined');
  });

  test('excluding a value removes its inclusion', () => {
    expect(edit('outcome:declined a', declined, true)).toBe('a -outcome:declined');
    expect(edit('-outcome:declined,x', declined)).toBe('-outcome:x outcome:declined');
    expect(termState(parsed('a -outcome:x,declined'), declined)).toBe('excluded');
    expect(termState(parsed('outcome:declined*'), declined)).toBeNull();
    expect(termState(parsed('outcome:declined OR a'), declined)).toBeNull();
  });

  test('toggling a value twice leaves the query unchanged', () => {
    const facet = fc.record({
      field: fc.constant('metadata' as const),
      key: fc.string({ minLength: 1 }),
      value: fc.string(),
    });
    fc.assert(
      fc.property(anyQuery, facet, fc.boolean(), (query, term, exclude) => {
        fc.pre(termState(query, term) === null);
        const once = toggleTerm(query, term, exclude);
        expect(termState(once, term)).toBe(exclude ? 'excluded' : 'included');
        expect(printQuery(toggleTerm(once, term, exclude))).toBe(printQuery(query));
      }),
    );
  });

  test('every value of every facet can be read again after printing', () => {
    const fields = Object.entries(QUERY_FIELDS).filter(([, { takes }]) => takes === 'text');
    const facet = fc.constantFrom(...fields).chain(([field, { keyed, values }]) =>
      fc.record({
        field: fc.constant(field as TextField),
        // `rule.ID.threshold` is no facet.
        key: keyed === true ? anyText : fc.constant(null),
        value: values === undefined ? anyText : fc.constantFrom(...values),
      }),
    );
    fc.assert(
      fc.property(facet, fc.boolean(), ({ field, key, value }, exclude) => {
        fc.pre(field !== 'candidate');
        const term = readFacetTerm(printQueryField(field, key), value);
        expect(term).toEqual({ field, key, value });
        if (term === null) return;
        const text = printQuery(toggleTerm(parsed('tag:other'), term, exclude));
        expect(termState(parsed(text), term)).toBe(exclude ? 'excluded' : 'included');
      }),
      { numRuns: 500 },
    );
  });

  test('a value and a key can be read again after printing', () => {
    const text = `${printQueryField('metadata', 'a.b c')}:${printQueryValue('>"x*')}`;
    expect(parsed(text)).toMatchObject({ key: 'a.b c', values: [{ match: 'is', text: '>"x*' }] });
  });
});

test('the query module does not load zod into a page', () => {
  const seen = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = readFileSync(new URL(`../src/${file}.ts`, import.meta.url), 'utf8');
    for (const [statement, from] of source.matchAll(
      /^(?:import|export) [^;]*?from '([^']+)';/gms,
    )) {
      if (statement.startsWith('import type')) continue;
      if (from === 'lossless-json') continue;
      expect(from).toMatch(/^\.\/(query-|instants\.|exact-json\.)/);
      walk(String(from).slice(2, -3));
    }
  };
  walk('query');
  expect(seen.size).toBeGreaterThan(5);
});
