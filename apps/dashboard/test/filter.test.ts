import { parseQuery, type QueryNode } from '@xray/core/query';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecent } from '@/components/filter/filter-history';
import { filterOptions, restOfFilter } from '@/components/filter/filter-options';
import { filterSegments } from '@/components/filter/filter-segments';
import { changesOf } from '@/features/explorer/wider-filters';
import { countedText } from '@/features/explorer/counted-text';
import {
  facetGroups,
  filtersWithoutOnePart,
  searchesWords,
  toggleFacet,
  withoutWords,
} from '@/components/filter/filter-terms';

const FACETS = [
  {
    field: 'outcome',
    values: [
      { value: 'approved', count: 812 },
      { value: 'declined', count: 103 },
    ],
    more: 0,
  },
  { field: 'version.ruleset', values: [{ value: 'r 42', count: 9 }], more: 3 },
];
const words = fc.constantFrom(
  'outcome:declined',
  '-env:dev',
  'version.ruleset:"r 42"',
  '(a OR b)',
  'duration:>500ms',
  '"free text"',
  'outcome:',
  '"open',
  ')',
  'nonsense:x',
);
const texts = fc.oneof(
  fc.string(),
  fc.array(words, { maxLength: 5 }).map((parts) => parts.join(' ')),
);
const errorOf = (text: string) => {
  const read = parseQuery(text);
  return read.ok ? null : read.error;
};

describe('the coloured text of a filter', () => {
  it('equals that text, for any text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const segments = filterSegments(text, errorOf(text));
        expect(segments.map((segment) => segment.text).join('')).toBe(text);
      }),
    );
  });

  it('marks an error at its position', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const error = errorOf(text);
        const wrong = filterSegments(text, error).filter((segment) => segment.wrong);
        const marked = wrong.map((segment) => segment.text).join('');
        expect(marked).toBe(error === null ? '' : text.slice(error.start, error.end));
      }),
    );
  });

  it('distinguishes fields, values and excluded terms', () => {
    const kinds = filterSegments('-env:dev vip', null).map(
      ({ text, kind, negated }) => `${text} ${kind}${negated ? ' negated' : ''}`,
    );
    expect(kinds).toEqual([
      '- sign negated',
      'env field negated',
      ': sign negated',
      'dev value negated',
      '  space',
      'vip text',
    ]);
  });
});

describe('completion', () => {
  const labels = (text: string, recent: string[] = []) =>
    filterOptions(text, text.length, FACETS, recent).map(({ label }) => label);
  const chosen = (text: string, label: string) => {
    const option = filterOptions(text, text.length, FACETS, []).find(
      (each) => each.label === label,
    );
    return option && text.slice(0, option.start) + option.insert + text.slice(option.end);
  };

  it('offers the values of a field with their counts', () => {
    expect(filterOptions('outcome:', 8, FACETS, []).slice(0, 2)).toMatchObject([
      { label: 'approved', hint: '812' },
      { label: 'declined', hint: '103' },
    ]);
    expect(labels('outcome:dec')).toEqual(['declined']);
  });

  it('quotes a value if necessary', () => {
    expect(chosen('version.ruleset:', 'r 42')).toBe('version.ruleset:"r 42" ');
  });

  it('knows the app’s own keys', () => {
    expect(chosen('version.', 'version.ruleset')).toBe('version.ruleset:');
  });

  it('finds a value of any field by part of it', () => {
    expect(labels('decl')).toContain('outcome:declined');
  });

  it('begins with recent filters, each for the whole text', () => {
    expect(labels('', ['status:failed']).at(0)).toBe('status:failed');
    expect(labels('o', ['status:failed'])).not.toContain('status:failed');
  });

  it('only offers positions inside the text', () => {
    fc.assert(
      fc.property(texts, fc.nat(60), (text, caret) => {
        for (const { start, end } of filterOptions(text, caret, FACETS, [])) {
          expect(0 <= start && start <= end && end <= text.length).toBe(true);
        }
      }),
    );
  });

  it('counts values with the rest of the filter, so the other values of a field are offered too', () => {
    expect(restOfFilter('tag:vip outcome:declined', 20)).toBe('tag:vip');
    expect(restOfFilter('tag:vip outcome:', 16)).toBe('tag:vip');
    expect(restOfFilter('( outcome:declined', 16)).toBe('');
  });

  it('ignores stored values that are not filters', () => {
    expect([null, '', '{', '{}', '[1,"a"]'].map(parseRecent)).toEqual([[], [], [], [], ['a']]);
  });
});

describe('facets', () => {
  const queryOf = (q: string): QueryNode => {
    const read = parseQuery(q);
    return read.ok ? read.query : { kind: 'and', nodes: [], start: 0, end: 0 };
  };
  const groupsFor = (q: string) => facetGroups(FACETS, queryOf(q));

  it('show which values the filter includes and excludes', () => {
    const [outcome] = groupsFor('outcome:declined -outcome:approved');
    expect(outcome?.values).toEqual([
      { value: 'approved', count: 812, state: 'excluded' },
      { value: 'declined', count: 103, state: 'included' },
    ]);
  });

  it('show values of the filter even without results', () => {
    const groups = groupsFor('outcome:deferred reason:SCORE_LOW');
    expect(groups[0]?.values[0]).toEqual({ value: 'deferred', count: null, state: 'included' });
    expect(groups.at(-1)).toMatchObject({
      field: 'reason',
      values: [{ value: 'SCORE_LOW', count: null, state: 'included' }],
    });
  });

  it('are added, excluded and removed again', () => {
    const once = toggleFacet('tag:vip', 'version.ruleset', 'r 42', false);
    expect(once).toBe('tag:vip version.ruleset:"r 42"');
    expect(toggleFacet(once, 'version.ruleset', 'r 42', true)).toBe(
      'tag:vip -version.ruleset:"r 42"',
    );
    expect(toggleFacet(once, 'version.ruleset', 'r 42', false)).toBe('tag:vip');
  });

  it.each([
    ['outcome', 'declined'],
    ['status', 'timed_out'],
    ['env', 'prod'],
    ['version.ruleset', 'r 42'],
    ['tag', 'a*b"c'],
    ['pipeline', 'loan:approval'],
    ['reason', 'AND'],
    ['rule', '-5'],
    ['error', '(x)'],
  ])('make a term of %s %j', (field, value) => {
    const q = toggleFacet('', field, value, false);
    const [group] = facetGroups([{ field, values: [{ value, count: 3 }], more: 0 }], queryOf(q));
    expect(group?.values).toEqual([{ value, count: 3, state: 'included' }]);
  });

  it('leave invalid filters and fields without terms alone', () => {
    expect(toggleFacet('(', 'outcome', 'approved', false)).toBe('(');
    expect(toggleFacet('a', 'no.such', 'x', false)).toBe('a');
    expect(toggleFacet('a', 'duration', '5', false)).toBe('a');
  });
});

describe('a filter that finds nothing', () => {
  it('is widened in time first, and tried without its words last', () => {
    const labels = changesOf('overdraft outcome:declined tag:vip', { from: '-24h', to: null }).map(
      (change) => change.label,
    );
    expect(labels).toEqual([
      'Last 7 days',
      'Last 30 days',
      'All time',
      'without outcome:declined',
      'without tag:vip',
      'without overdraft',
    ]);
    expect(changesOf('a', { from: 'all', to: null }).map((change) => change.label)).toEqual([
      'without a',
    ]);
    const past = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
    expect(changesOf('', past)[0]).toMatchObject({ label: 'Last 15 min', q: '' });
  });

  it('is tried without each of its parts', () => {
    expect(filtersWithoutOnePart('outcome:declined tag:vip -env:dev')).toEqual([
      { dropped: 'outcome:declined', rest: 'tag:vip -env:dev' },
      { dropped: 'tag:vip', rest: 'outcome:declined -env:dev' },
      { dropped: '-env:dev', rest: 'outcome:declined tag:vip' },
    ]);
    expect(filtersWithoutOnePart('tag:vip')).toEqual([{ dropped: 'tag:vip', rest: '' }]);
    expect(filtersWithoutOnePart('')).toEqual([]);
  });

  it('is completed with counts that ignore its words, unless they are bound to other terms', () => {
    expect(['tag:a income "too low"', 'income', 'tag:a'].map(withoutWords)).toEqual([
      'tag:a',
      '',
      'tag:a',
    ]);
    expect(withoutWords('tag:a OR income')).toBeNull();
    expect(withoutWords('tag:a -income')).toBeNull();
  });

  it('is a search if it contains words anywhere', () => {
    expect(['-(tag:a OR income)', 'tag:a', ''].map(searchesWords)).toEqual([true, false, false]);
  });
});

describe('counts that do not cover all results', () => {
  it('say what they cover, and what was not searched', () => {
    const counted = { executions: 5_000, since: '2026-11-22T09:05:00.000Z' };
    const notSearched = { from: counted.since, to: counted.since, executions: 1 };
    expect(countedText({ counted, notSearched }, 'utc')).toEqual([
      'Counted over the newest 5,000 executions found, back to 2026-11-22 09:05:00.000 UTC',
      'Not searched yet: 1 execution that arrived just now',
    ]);
    expect(countedText({ counted: null, notSearched: null }, 'utc')).toEqual([]);
    expect(countedText({}, 'utc')).toEqual([]);
  });
});
