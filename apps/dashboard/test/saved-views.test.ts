import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameView, viewHref, viewParams } from '@/components/views/saved-views';

describe('a saved view', () => {
  it("keeps the list's parameters and not the peek", () => {
    expect(
      viewParams('app=a&peek=x&live=true&q=outcome%3Adeclined&sort=-duration&cols=id,time&by='),
    ).toEqual({ q: 'outcome:declined', sort: '-duration', cols: 'id,time' });
  });

  it('matches its address, and leads to the list of its app', () => {
    const params = fc.record(
      { q: fc.string(), from: fc.string(), to: fc.string(), sort: fc.string() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(params, fc.string({ minLength: 1 }), (given, app) => {
        const address = new URL(viewHref(app, given), 'http://x-ray.example');
        expect(address.pathname).toBe('/executions');
        expect(address.searchParams.get('app')).toBe(app);
        expect(isSameView(viewParams(address.search), given)).toBe(true);
      }),
    );
  });

  it('keeps both groups of a comparison, also without filters, and leads back to them', () => {
    const groups = viewParams('app=a&qa=pipeline%3Aloan&qb=&bFrom=-7d&outcome=approved&q=x&step=y');
    expect(groups).toEqual({ qa: 'pipeline:loan', qb: '', bFrom: '-7d', outcome: 'approved' });
    const address = new URL(viewHref('loans', groups), 'http://x-ray.example');
    expect(address.pathname).toBe('/compare');
    expect(viewParams(address.search)).toEqual(groups);
    expect(isSameView(groups, { ...groups, bFrom: '-30d' })).toBe(false);
    expect(isSameView({ qa: '', qb: '' }, {})).toBe(false);
  });

  it('differs when any parameter differs', () => {
    expect(isSameView({ q: 'a' }, { q: 'a', from: '-7d' })).toBe(false);
    expect(isSameView({}, { by: '' })).toBe(true);
  });
});
