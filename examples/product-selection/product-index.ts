import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../random.js';
import type { Product } from './catalogue.js';
import { likeness, type ProductIndex } from './select-product.js';

/** A shard of the index did not answer. */
class IndexUnavailableError extends Error {
  override readonly name = 'IndexUnavailableError';
}

/** An index in memory: finds every product that has one of the words, most similar first. */
export function simulatedIndex(catalogue: readonly Product[], random: Random): ProductIndex {
  return {
    async productsIn(words) {
      await wait(random.whole(3, 25));
      if (random.chance(0.04)) throw new IndexUnavailableError('shard 2 of 3 is not reachable');
      return catalogue
        .map((product) => ({ product, like: likeness(product.title, words) }))
        .filter(({ like }) => like > 0)
        .sort((a, b) => b.like - a.like)
        .map(({ product }) => product);
    },
  };
}
