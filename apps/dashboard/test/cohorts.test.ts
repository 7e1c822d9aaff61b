import type { Facets, Releases } from '@xray/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchored, bothFilters, cohortBounds } from '@/features/cohorts/cohort-query';
import { differenceText, placeInterval } from '@/features/cohorts/interval-layout';
import { releasePresets, rulePresets, valuePresets, weekPreset } from '@/features/cohorts/presets';

const NOW_MS = Date.parse('2026-11-22T12:00:00.000Z');

describe('the two groups', () => {
  it('reads a range whose ends are both relative to now', () => {
    expect(anchored({ from: '-14d', to: '-7d' }, NOW_MS)).toEqual({
      from: '2026-11-08T12:00:00.000Z',
      to: '2026-11-15T12:00:00.000Z',
    });
    expect(anchored({ from: '-7d', to: null }, NOW_MS)).toEqual({ from: '-7d', to: null });
  });

  it('covers the last seven days by default, and all time on request', () => {
    const bounds = (from: string | null) =>
      cohortBounds({ q: '', range: { from, to: null } }, NOW_MS).from;
    expect(bounds(null)).toBe('2026-11-15T12:00:00.000Z');
    expect(bounds('all')).toBe('1970-01-01T00:00:00.000Z');
  });

  it('narrows a filter by a term without changing what it means', () => {
    expect(bothFilters('pipeline:loan', 'decisive:max_dti')).toBe('pipeline:loan decisive:max_dti');
    expect(bothFilters('outcome:a OR outcome:b', 'tag:vip')).toBe(
      '(outcome:a OR outcome:b) tag:vip',
    );
    expect(bothFilters('', 'tag:vip')).toBe('tag:vip');
  });

  const none: Releases = { from: '', to: '', items: [] };
  const release = (pipeline: string, version: string, previous: string, name = 'ruleset') => ({
    pipeline,
    name,
    version,
    previous,
    firstAt: '2026-11-20T00:00:00Z',
    executions: 3,
  });

  it('suggests the newest release of each pipeline and the version before it', () => {
    const items = [
      release('shop', 'shop-r42', 'shop-r41'),
      release('loan', 'r42', 'r41'),
      release('loan', 'r41', 'r40'),
    ];
    expect(releasePresets('env:prod', { ...none, items })).toMatchObject([
      {
        name: 'shop · before and after ruleset shop-r42',
        a: { q: 'env:prod pipeline:shop', from: '-30d', to: items[0]?.firstAt },
        b: { q: 'env:prod pipeline:shop', from: items[0]?.firstAt, to: null },
      },
      {
        name: 'shop · ruleset: shop-r41 and shop-r42',
        a: { q: 'env:prod pipeline:shop version.ruleset:shop-r41' },
        b: { q: 'env:prod pipeline:shop version.ruleset:shop-r42' },
      },
      { name: 'loan · before and after ruleset r42' },
      { name: 'loan · ruleset: r41 and r42' },
    ]);
    expect(releasePresets('', { ...none, items: items.slice(1) })).toMatchObject([
      { name: 'before and after ruleset r42', a: { q: '' } },
      { name: 'ruleset: r41 and r42', a: { q: 'version.ruleset:r41' } },
    ]);
  });

  it('suggests the time before and after the newest rule change, the latest first', () => {
    const change = {
      rule: 'max_dti',
      step: null,
      field: 'threshold' as const,
      from: 0.43,
      to: 0.36,
      at: '2026-11-24T09:14:00Z',
      versions: { ruleset: 'r42' },
      environment: 'prod',
      evidence: 'version' as const,
      isPartial: false,
      isLasting: true,
    };
    const later = {
      ...change,
      field: 'op' as const,
      from: '<',
      to: '<=',
      at: '2026-11-25T00:00:00Z',
    };
    expect(rulePresets('env:prod', [{ pipeline: 'loan', change }], false)).toEqual([
      {
        name: 'before and after max_dti 0.43 → 0.36',
        a: { q: 'env:prod', from: '-30d', to: change.at },
        b: { q: 'env:prod', from: change.at, to: null },
      },
    ]);
    const both = [
      { pipeline: 'loan', change },
      { pipeline: 'shop', change: later },
    ];
    expect(rulePresets('', both, true)).toMatchObject([
      { name: 'shop · before and after max_dti: operator < → <=', a: { q: 'pipeline:shop' } },
      { name: 'loan · before and after max_dti 0.43 → 0.36', b: { q: 'pipeline:loan' } },
    ]);
  });

  it('suggests this week and last week, and the two most frequent versions and environments', () => {
    expect(weekPreset('pipeline:loan')).toMatchObject({
      a: { q: 'pipeline:loan', from: '-14d', to: '-7d' },
      b: { q: 'pipeline:loan', from: '-7d', to: null },
    });
    const facets: Facets = {
      from: '',
      to: '',
      total: 3,
      items: [
        {
          field: 'version.ruleset',
          values: [
            { value: 'r10', count: 9 },
            { value: 'r9', count: 5 },
            { value: 'r1', count: 1 },
          ],
          more: 0,
        },
        { field: 'env', values: [{ value: 'prod', count: 9 }], more: 0 },
        {
          field: 'outcome',
          values: [
            { value: 'a', count: 1 },
            { value: 'b', count: 1 },
          ],
          more: 0,
        },
      ],
    };
    const released = { ...none, items: [release('loan', 'r10', 'r9')] };
    expect(valuePresets('pipeline:loan', facets, released)).toEqual([]);
    expect(valuePresets('pipeline:loan', facets, none)).toMatchObject([
      {
        name: 'ruleset: r9 and r10',
        a: { q: 'pipeline:loan version.ruleset:r9' },
        b: { q: 'pipeline:loan version.ruleset:r10' },
      },
    ]);
  });
});

describe('rates', () => {
  it('writes a difference in percentage points with half its interval', () => {
    expect(differenceText({ difference: -0.128, low: -0.147, high: -0.109 })).toBe('-12.8 ± 1.9');
    expect(differenceText({ difference: 0.02, low: 0.01, high: 0.03 })).toBe('+2.0 ± 1.0');
  });

  it('places a rate within its interval and both within the line', () => {
    expect(placeInterval({ low: 0.25, rate: 0.5, high: 0.75 }, 1)).toEqual({
      low: 0.25,
      rate: 0.5,
      high: 0.75,
    });
    const any = fc.double();
    fc.assert(
      fc.property(any, any, any, any, (low, rate, high, most) => {
        const place = placeInterval({ low, rate, high }, most);
        expect(place.low).toBeGreaterThanOrEqual(0);
        expect(place.rate).toBeGreaterThanOrEqual(place.low);
        expect(place.high).toBeGreaterThanOrEqual(place.rate);
        expect(place.high).toBeLessThanOrEqual(1);
      }),
    );
  });
});
