import { describe, expect, test } from 'vitest';

import { delivered, setUpRecording, xray } from './recording.js';

setUpRecording({ appId: 'shop', pipeline: 'decisions', versions: { code: '1.4.2' } });

describe('the loan: one wrapper for a whole execution', () => {
  async function decideLoan(id: string, score: number, dti: number): Promise<boolean> {
    const bureau = async (applicant: string) => ({ applicant, score });
    return xray.run({ subject: { applicant: id }, versions: { ruleset: 'r42' } }, async (ex) => {
      const report = await ex.step('credit_score', { kind: 'retrieve' }, () => bureau(id));
      const ok = ex.step('rules', { kind: 'rules' }, (s) =>
        [
          s.check('min_score', report.score >= 660, {
            actual: report.score,
            threshold: 660,
            reason: 'SCORE_LOW',
          }),
          s.check('max_dti', dti <= 0.43, { actual: dti, threshold: 0.43, reason: 'DTI_HIGH' }),
        ].every(Boolean),
      );
      ex.decide(ok ? 'approved' : 'declined', { adverse: !ok });
      return ok;
    });
  }

  test('an approval holds its steps, their outputs and the versions in force', async () => {
    expect(await decideLoan('a-1', 750, 0.2)).toBe(true);
    const [snapshot] = await delivered();
    expect(snapshot).toMatchObject({
      status: 'completed',
      subjects: [{ type: 'applicant', id: 'a-1' }],
      versions: { code: '1.4.2', ruleset: 'r42' },
      decision: { outcome: 'approved', adverse: false },
      steps: [
        {
          name: 'credit_score',
          kind: 'retrieve',
          status: 'completed',
          timing: 'measured',
          output: { applicant: 'a-1', score: 750 },
        },
        {
          name: 'rules',
          kind: 'rules',
          output: true,
          rules: [
            { id: 'min_score', result: 'pass', actual: 750, threshold: 660 },
            { id: 'max_dti', result: 'pass' },
          ],
        },
      ],
    });
    expect(snapshot?.decision).not.toHaveProperty('reasons');
  });

  test('the failed checks of a declined loan are its reasons, in order', async () => {
    expect(await decideLoan('a-2', 600, 0.5)).toBe(false);
    const [snapshot] = await delivered();
    expect(snapshot?.decision).toMatchObject({
      outcome: 'declined',
      adverse: true,
      reasons: [
        { code: 'SCORE_LOW', ruleId: 'min_score' },
        { code: 'DTI_HIGH', ruleId: 'max_dti' },
      ],
    });
  });
});

interface Product {
  asin: string;
  price: number;
  rating: number;
  similarity: number;
}

const PRODUCTS: Product[] = Array.from({ length: 5_000 }, (_, index) => ({
  asin: `B${String(index).padStart(5, '0')}`,
  price: (index * 37) % 100,
  rating: 3 + ((index * 13) % 20) / 10,
  similarity: ((index * 7_919) % 5_000) / 5_000,
}));

describe('5,000 candidates: real filtering and ranking', () => {
  /** The execution's id decides which candidates are kept in detail, so a fixed id makes runs equal. */
  function selectBest(): Product | undefined {
    return xray.run({ executionId: 'best-of-5000' }, (ex) => {
      const fit = ex.step('filters', (s) =>
        s.filter(PRODUCTS, {
          id: (p) => p.asin,
          evaluate: 'all',
          rules: [
            {
              id: 'price',
              test: (p) => p.price <= 60,
              actual: (p) => p.price,
              threshold: 60,
              reason: 'PRICE_HIGH',
            },
            {
              id: 'rating',
              test: (p) => p.rating >= 3.8,
              actual: (p) => p.rating,
              threshold: 3.8,
              reason: 'RATING_LOW',
            },
          ],
        }),
      );
      const [best] = ex.step('rank', (s) =>
        s.rank(fit, { id: (p) => p.asin, score: (p) => p.similarity, top: 1 }),
      );
      return best;
    });
  }

  const fits = PRODUCTS.filter((p) => p.price <= 60 && p.rating >= 3.8);

  test('the result equals that of a plain loop', () => {
    const plain = fits.toSorted((a, b) => b.similarity - a.similarity)[0];
    expect(selectBest()).toBe(plain);
  });

  test('counts are exact, items are sampled within bounds, and the ledger has every candidate', async () => {
    selectBest();
    const [snapshot] = await delivered();
    const filters = snapshot?.steps[0];
    const set = filters?.candidates;
    const rejectedByPrice = PRODUCTS.filter((p) => p.price > 60).length;
    const rejectedByRating = PRODUCTS.filter((p) => p.price <= 60 && p.rating < 3.8).length;
    expect(filters?.kind).toBe('filter');
    expect(set).toMatchObject({
      in: 5_000,
      out: fits.length,
      byOutcome: { kept: fits.length, rejected: 5_000 - fits.length },
      byReason: { PRICE_HIGH: rejectedByPrice, RATING_LOW: rejectedByRating },
    });
    expect(filters?.rules?.map((rule) => [rule.id, rule.counts])).toEqual([
      [
        'price',
        {
          evaluated: 5_000,
          passed: 5_000 - rejectedByPrice,
          failed: rejectedByPrice,
          skipped: 0,
          error: 0,
          decisive: rejectedByPrice,
        },
      ],
      ['rating', expect.objectContaining({ evaluated: 5_000, decisive: rejectedByRating })],
    ]);
    expect(set?.items.length).toBeLessThanOrEqual(200);
    expect(set?.strata?.reduce((sum, stratum) => sum + stratum.population, 0)).toBe(5_000);
    expect(new Set(set?.strata?.map((stratum) => stratum.name))).toEqual(
      new Set(['kept', 'rejected:PRICE_HIGH', 'rejected:RATING_LOW']),
    );
    expect(set?.strata?.every((stratum) => stratum.kept >= 5)).toBe(true);

    const ledger = set?.ledger;
    expect(ledger?.ids).toEqual(PRODUCTS.map((p) => p.asin));
    PRODUCTS.forEach((product, place) => {
      const reason =
        product.price > 60 ? 'PRICE_HIGH' : product.rating < 3.8 ? 'RATING_LOW' : undefined;
      expect(ledger?.outcomes[place]).toBe(reason === undefined ? 'k' : 'r');
      expect(ledger?.reasons[ledger.reasonIx[place] ?? -1]).toBe(reason);
    });
    expect(snapshot?.marks).toContainEqual(
      expect.objectContaining({
        path: '/steps/0/candidates/items',
        kind: 'sampled',
        original: 5_000,
      }),
    );
  });

  test('a rejected candidate in detail has every rule that it failed, with the tested value', async () => {
    selectBest();
    const [snapshot] = await delivered();
    const items = snapshot?.steps[0]?.candidates?.items ?? [];
    const both = items.find((item) => item.reasons?.length === 2);
    const product = PRODUCTS.find((p) => p.asin === both?.id);
    expect(both?.rules).toEqual([
      { id: 'price', result: 'fail', actual: product?.price },
      { id: 'rating', result: 'fail', actual: product?.rating },
    ]);
  });

  test('a ranking records the cutoff, the near misses and the ranks', async () => {
    const best = selectBest();
    const [snapshot] = await delivered();
    const set = snapshot?.steps[1]?.candidates;
    expect(set).toMatchObject({
      in: fits.length,
      out: 1,
      byOutcome: { selected: 1, rejected: fits.length - 1 },
      cutoff: best?.similarity,
    });
    expect(set?.items[0]).toMatchObject({ id: best?.asin, outcome: 'selected', rank: 1 });
    expect(set?.items[1]).toMatchObject({ outcome: 'rejected', rank: 2, stratum: 'near_cutoff' });
    expect(set?.ledger?.scores?.[0]).toBe(best?.similarity);
  });
});

describe('rankings and filters of odd candidates', () => {
  /** Ranks the scores, each for its own candidate, and returns the order and the record. */
  async function ranked(scores: readonly number[], options: { top?: number; order?: 'asc' } = {}) {
    const ex = xray.startExecution();
    const order = ex.step('rank', (s) => s.rank(scores, { id: String, score: Number, ...options }));
    ex.completeExecution();
    const [snapshot] = await delivered();
    return { order, set: snapshot?.steps[0]?.candidates };
  }

  test('an infinite score ranks first or last, and a score that is not a number ranks after all others', async () => {
    const scores = [1, Number.NaN, Infinity, -Infinity, 2];
    expect((await ranked(scores)).order).toEqual([Infinity, 2, 1, -Infinity, Number.NaN]);
    expect((await ranked(scores, { order: 'asc' })).order).toEqual([
      -Infinity,
      1,
      2,
      Infinity,
      Number.NaN,
    ]);
  });

  test('equal scores keep their order on both sides of the cutoff', async () => {
    const ties = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];
    const ex = xray.startExecution();
    const best = ex.step('rank', (s) =>
      s.rank(ties, { id: ({ id }) => id, score: () => 1, top: 2 }),
    );
    ex.completeExecution();
    expect(best.map(({ id }) => id)).toEqual(['a', 'b']);
    const [snapshot] = await delivered();
    expect(snapshot?.steps[0]?.candidates).toMatchObject({
      cutoff: 1,
      byOutcome: { selected: 2, rejected: 1 },
      ledger: { ids: ['a', 'b', 'c'], outcomes: 'ssr' },
    });
  });

  test('a ranking that selects every candidate has no cutoff', async () => {
    const { order, set } = await ranked([1, 2], { top: 5 });
    expect(order).toEqual([2, 1]);
    expect(set).toMatchObject({ in: 2, out: 2, byOutcome: { selected: 2 } });
    expect(set).not.toHaveProperty('cutoff');
  });

  test('a top of null, from a host without types, selects all candidates', async () => {
    expect((await ranked([1, 2], { top: null as never })).order).toEqual([2, 1]);
  });

  test('ids, reasons and watch lists of wrong types cost no record', async () => {
    const ex = xray.startExecution();
    ex.step('filter', (s) =>
      s.filter([1, 2, 3], {
        id: (candidate) => (candidate === 1 ? null : candidate) as never,
        watch: 5 as never,
        rules: [
          { id: 7 as never, test: (candidate) => candidate > 1 },
          { id: 'odd', reason: 42 as never, test: (candidate) => candidate % 2 === 1 },
        ],
      }),
    );
    ex.completeExecution();
    const [snapshot] = await delivered();
    expect(snapshot?.steps[0]).toMatchObject({
      rules: [{ id: '7' }, { id: 'odd' }],
      candidates: {
        byReason: { '7': 1, odd: 1 },
        ledger: { ids: ['#0', '2', '3'], outcomes: 'rrk', reasons: ['7', 'odd'] },
      },
    });
  });

  test('a rule that throws for a candidate does not decide if an earlier rule rejected it', async () => {
    const ex = xray.startExecution();
    expect(() =>
      ex.step('filter', (s) =>
        s.filter([1], {
          id: String,
          evaluate: 'all',
          rules: [
            { id: 'first', test: () => false },
            {
              id: 'second',
              test: () => {
                throw new Error('boom');
              },
            },
          ],
        }),
      ),
    ).toThrow('boom');
    ex.failExecution();
    const [snapshot] = await delivered();
    expect(snapshot?.steps[0]).toMatchObject({
      status: 'failed',
      candidates: { byOutcome: { rejected: 1 }, byReason: { first: 1 } },
      rules: [{ counts: { decisive: 1 } }, { counts: { error: 1, decisive: 0 } }],
    });
  });
});

describe("a model's decision with a later review by a person in another process", () => {
  const llm = async (text: string) => ({
    label: 'spam',
    confidence: text.length / 100,
    why: 'sells things',
    name: 'mod-1',
  });

  async function moderate(text: string) {
    const queue: { executionId: string; headers: Record<string, string> }[] = [];
    await xray.run(async (ex) => {
      const v = await ex.step('policy', { kind: 'llm' }, async (s) => {
        const r = await llm(text);
        s.note({ reasoning: r.why, model: { name: r.name } });
        return r;
      });
      if (v.confidence > 0.9) ex.decide(v.label, { confidence: v.confidence });
      else {
        ex.decide('escalated');
        queue.push({ executionId: ex.id, headers: ex.headers() });
      }
    });
    return queue;
  }

  async function review(job: { executionId: string; headers: Record<string, string> }) {
    await xray.run(
      { fromHeaders: job.headers, relation: 'review_of', of: job.executionId },
      async (ex2) => {
        ex2.step('review', { kind: 'human' }, (s) =>
          s.note({ actor: { type: 'human', id: 'r-7' }, reasoning: 'plain advertising' }),
        );
        ex2.decide('spam', { humanInvolvement: 'final' });
      },
    );
  }

  test('the review has a link to the reviewed execution and continues its trace', async () => {
    const [job] = await moderate('buy now');
    expect(job).toBeDefined();
    if (job !== undefined) await review(job);
    const [first, second] = await delivered();
    expect(first).toMatchObject({
      decision: { outcome: 'escalated' },
      steps: [{ kind: 'llm', reasoning: 'sells things', model: { name: 'mod-1' } }],
    });
    expect(second).toMatchObject({
      links: [{ executionId: first?.executionId, relation: 'review_of' }],
      decision: { outcome: 'spam', humanInvolvement: 'final' },
      steps: [
        { kind: 'human', actor: { type: 'human', id: 'r-7' }, reasoning: 'plain advertising' },
      ],
    });
    expect(second?.links).toHaveLength(1);
    expect(second?.trace?.traceId).toBe(first?.trace?.traceId);
    expect(second?.trace?.spanId).not.toBe(first?.trace?.spanId);
  });

  test('a confident model decides by itself', async () => {
    expect(await moderate('x'.repeat(95))).toEqual([]);
    const [snapshot] = await delivered();
    expect(snapshot?.decision).toMatchObject({ outcome: 'spam', confidence: 0.95 });
  });
});
