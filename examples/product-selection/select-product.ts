import type { XRaySDK } from '@xray/sdk';
import type { Product, Wish } from './catalogue.js';

/** The index of the catalogue; it may throw. */
export interface ProductIndex {
  productsIn(words: readonly string[]): Promise<Product[]>;
}

const RULESET = {
  name: 'shop-r42',
  minRating: 3.8,
  minReviews: 20,
  /** Products below this similarity to the query are not offered. */
  minLikeness: 0.35,
  offered: 5,
} as const;

/** Chooses the product to offer; null if no product fits. Throws errors of the index. */
export async function selectProduct(
  xray: XRaySDK,
  wish: Wish,
  index: ProductIndex,
): Promise<Product | null> {
  return await xray.run(
    {
      subject: { shopper: wish.shopperId },
      versions: { ruleset: RULESET.name },
      metadata: { maxPrice: wish.maxPrice },
      input: wish,
    },
    async (execution) => {
      const words = execution.step('keywords', { kind: 'transform', input: wish.query }, () =>
        wordsOf(wish.query),
      );

      const found = await execution.step(
        'search',
        { kind: 'retrieve', input: { words } },
        async (step) => {
          const products = await index.productsIn(words);
          step.note({
            output: { found: products.length, first: products.slice(0, 3).map(({ asin }) => asin) },
          });
          return products;
        },
      );

      const fitting = execution.step('filters', (step) =>
        step.filter(found, {
          id: (product) => product.asin,
          type: 'product',
          data: ({ title, price, rating }) => ({ title, price, rating }),
          evaluate: 'all',
          rules: [
            {
              id: 'in_stock',
              test: (product) => product.stock > 0,
              actual: (product) => product.stock,
              threshold: 1,
              op: '>=',
              reason: 'OUT_OF_STOCK',
            },
            {
              id: 'price_max',
              test: (product) => product.price <= wish.maxPrice,
              actual: (product) => product.price,
              threshold: wish.maxPrice,
              op: '<=',
              unit: 'EUR',
              reason: 'PRICE_HIGH',
            },
            {
              id: 'rating_min',
              test: (product) => product.rating >= RULESET.minRating,
              actual: (product) => product.rating,
              threshold: RULESET.minRating,
              op: '>=',
              reason: 'RATING_LOW',
            },
            {
              id: 'reviews_min',
              test: (product) => product.reviews >= RULESET.minReviews,
              actual: (product) => product.reviews,
              threshold: RULESET.minReviews,
              op: '>=',
              reason: 'REVIEWS_FEW',
            },
            {
              id: 'delivery_max',
              test: (product) => product.deliveryDays <= wish.deliverWithinDays,
              actual: (product) => product.deliveryDays,
              threshold: wish.deliverWithinDays,
              op: '<=',
              unit: 'days',
              reason: 'DELIVERY_LATE',
            },
          ],
        }),
      );

      const ranked = execution.step('rank', (step) =>
        step.rank(fitting, {
          id: (product) => product.asin,
          type: 'product',
          data: ({ title, price, rating }) => ({ title, price, rating }),
          score: (product) => valueOf(product, words, wish),
          top: RULESET.offered,
        }),
      );

      const [best] = ranked;
      if (!best || likeness(best.title, words) < RULESET.minLikeness) {
        execution.decide('no_match', {
          adverse: true,
          reasons: [{ code: best ? 'NOTHING_ALIKE' : 'NOTHING_FITS' }],
        });
        return null;
      }
      execution.decide('selected', {
        score: valueOf(best, words, wish),
        reasons: [{ code: 'BEST_VALUE', text: `${best.title} at ${best.price} €` }],
      });
      return best;
    },
  );
}

/** The significant words of a query, in lower case. */
function wordsOf(query: string): string[] {
  return query
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word.length > 2);
}

/** The share of the words that occur in the title, from 0 to 1. */
export function likeness(title: string, words: readonly string[]): number {
  if (words.length === 0) return 0;
  const have = new Set(wordsOf(title));
  return words.filter((word) => have.has(word)).length / words.length;
}

/**
 * A value that orders products: by similarity first, then by rating (weighted by its number of reviews),
 * then by price.
 */
export function valueOf(product: Product, words: readonly string[], wish: Wish): number {
  const trust = product.reviews / (product.reviews + 50);
  const rating = ((product.rating - 1) / 4) * trust;
  const saving = 1 - product.price / wish.maxPrice;
  const value = 0.6 * likeness(product.title, words) + 0.3 * rating + 0.1 * saving;
  return Math.round(value * 10_000) / 10_000;
}
