import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseViews, removeView, saveView, viewSearch } from '@/features/explorer/saved-views';

describe('saved views', () => {
  it('keep what is listed and not who looks at it', () => {
    expect(
      viewSearch('app=a&peek=x&live=true&q=outcome%3Adeclined&sort=-duration&cols=id,time'),
    ).toBe('q=outcome%3Adeclined&sort=-duration&cols=id%2Ctime');
  });

  it('are one a name, in the order of their names', () => {
    const one = saveView([], { name: ' failures ', search: 'q=status:failed' });
    const two = saveView(one, { name: 'declined', search: 'q=outcome:declined' });
    const changed = saveView(two, { name: 'failures', search: 'from=-7d' });
    expect(changed).toEqual([
      { name: 'declined', search: 'q=outcome%3Adeclined' },
      { name: 'failures', search: 'from=-7d' },
    ]);
    expect(removeView(changed, 'declined').map(({ name }) => name)).toEqual(['failures']);
    expect(saveView(two, { name: '  ', search: '' })).toEqual(two);
  });

  it('come back as they were kept, and anything else is none', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ name: fc.string(), search: fc.string() })), (views) => {
        expect(parseViews(JSON.stringify(views))).toEqual(views);
      }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(Array.isArray(parseViews(text))).toBe(true);
      }),
    );
    expect(parseViews('[{"name":1,"search":"x"},null,3]')).toEqual([]);
  });
});
