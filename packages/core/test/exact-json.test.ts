import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareExecutions,
  compareNumbers,
  diffJson,
  explain,
  explanationText,
  factsOf,
  isNumber,
  matchesQuery,
  parseJson,
  parseQuery,
  searchSnapshot,
  compileText,
  stringifyJson,
  type RecordedNumber,
  type Snapshot,
} from '../src/index.js';

const digits = (max: number) =>
  fc.stringMatching(new RegExp(`^[1-9][0-9]{0,${max}}$`), { size: 'max' });

/** Any JSON number, often one that a double cannot hold. */
const anyNumber = fc
  .record({
    sign: fc.constantFrom('', '-'),
    whole: fc.oneof(fc.constant('0'), digits(30)),
    fraction: fc.oneof(
      fc.constant(''),
      fc.stringMatching(/^[0-9]{1,25}$/).map((text) => `.${text}`),
    ),
    exponent: fc.oneof(
      { arbitrary: fc.constant(''), weight: 2 },
      fc
        .tuple(fc.constantFrom('e', 'E', 'e+', 'e-'), fc.nat(450))
        .map(([sign, power]) => `${sign}${power}`),
    ),
  })
  .map(({ sign, whole, fraction, exponent }) => sign + whole + fraction + exponent);

/** Two numbers that are often equal or nearly equal. */
const anyPair = fc.oneof(
  fc.tuple(anyNumber, anyNumber),
  digits(24).chain((text) =>
    fc.constantFrom<[string, string]>(
      [text, text.replace(/.$/, (last) => String((Number(last) + 1) % 10))],
      [text, `${text}.0`],
      [`${text}0`, `${text}e1`],
    ),
  ),
);

/** The value of a number's text as a decimal. */
function decimalOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const significant = all.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + (all.length - significant.length);
  return `${sign}${significant}e${power}`;
}

const read = (text: string): RecordedNumber => {
  const value = parseJson(text);
  if (!isNumber(value)) throw new TypeError(`${text} was read as no number`);
  return value;
};

function snapshotWith(number: string): Snapshot {
  return parseJson(`{"executionId":"e","appId":"a","pipeline":"p","metadata":{"acct":${number}},
    "steps":[{"name":"s","output":{"acct":[${number}]}}]}`) as unknown as Snapshot;
}

describe('numbers of any size', () => {
  test('keep all digits when read and written', () => {
    fc.assert(
      fc.property(anyNumber, (number) => {
        const written = stringifyJson(parseJson(`{"a":[${number}]}`));
        expect(decimalOf(written.slice('{"a":['.length, -2))).toBe(decimalOf(number));
      }),
      { numRuns: 200 },
    );
  });

  test('are different, ordered and found by metadata according to all their digits', () => {
    fc.assert(
      fc.property(anyPair, ([a, b]) => {
        const areEqual = decimalOf(a) === decimalOf(b);
        expect(compareNumbers(read(a), read(b)) === 0).toBe(areEqual);
        expect(diffJson(parseJson(a), parseJson(b), 10).changes).toHaveLength(areEqual ? 0 : 1);
        expect(compareExecutions(snapshotWith(a), snapshotWith(b)).same).toBe(areEqual);
        const query = parseQuery(`metadata.acct:${b}`);
        if (!query.ok) throw new Error(query.error.message);
        const facts = { ...factsOf(snapshotWith(a)), at: 0, conflict: false };
        const context = { now: 0, hasCandidate: () => false, hasText: () => false };
        expect(matchesQuery(query.query, facts, context)).toBe(areEqual);
      }),
      { numRuns: 200 },
    );
  });

  test('are found by their digits if they have many', () => {
    fc.assert(
      fc.property(digits(30), (number) => {
        const query = compileText(number, false);
        if (query === null) throw new TypeError('a number is a word');
        expect(searchSnapshot(snapshotWith(number), [query]).found).toEqual([true]);
        expect(searchSnapshot(snapshotWith(`${number}1`), [query]).found).toEqual([false]);
      }),
      { numRuns: 200 },
    );
  });

  test('are distinguished in rules, where a difference in the last digit is a near miss', () => {
    const snapshot = parseJson(`{"executionId":"e","appId":"a","pipeline":"p",
      "decision":{"outcome":"declined","adverse":true,"reasons":[{"code":"MIN","ruleId":"min"}]},
      "steps":[{"name":"s","rules":[{"id":"min","op":">=","result":"fail",
        "actual":9007199254740992,"threshold":9007199254740993}]}]}`) as unknown as Snapshot;
    const explanation = explain(snapshot);
    expect(explanation.reasons[0]?.evidence[0]).toMatchObject({ agrees: true });
    expect(explanation.nearMiss.changes[0]).toMatchObject({ margin: 1 });
    expect(explanationText(explanation)).toContain(
      'was 9007199254740992, at least 9007199254740993 was required',
    );
    expect(stringifyJson(explanation)).toContain('"threshold":9007199254740993');
  });
});

describe('JSON without exact numbers', () => {
  test('is read and written like JSON.parse and JSON.stringify do', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(stringifyJson(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 200 },
    );
  });

  test('is read in linear time', () => {
    const digits = '1'.repeat(300_000);
    const text = JSON.stringify({ a: ` ${digits}x`, b: ` ${digits}e`, c: '1.'.repeat(100_000) });
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  test('keeps unusual keys next to an exact number, and the last value of a repeated key', () => {
    const text =
      '{"__proto__":{"a":1},"n":12345678901234567890,"b":1,"b":"x","t":"a\\u0000\\ud800"}';
    expect(stringifyJson(parseJson(text))).toBe(text.replace('"b":1,', ''));
  });
});
