import { clamp, type Random } from '../random.js';

export interface Product {
  asin: string;
  title: string;
  category: string;
  /** The price in euros. */
  price: number;
  /** The rating, from 1 to 5. */
  rating: number;
  reviews: number;
  stock: number;
  deliveryDays: number;
}

/** A shopper's request. */
export interface Wish {
  shopperId: string;
  query: string;
  maxPrice: number;
  deliverWithinDays: number;
}

interface Category {
  nouns: readonly [string, ...string[]];
  traits: readonly [string, ...string[]];
  price: number;
}

const BRANDS = [
  'Alder',
  'Brill',
  'Corvid',
  'Dunlin',
  'Eider',
  'Fathom',
  'Grebe',
  'Harrow',
] as const;
const CATEGORIES: Record<string, Category> = {
  keyboards: {
    nouns: ['keyboard', 'mechanical keyboard'],
    traits: ['wireless', 'compact', 'quiet', 'backlit', 'ergonomic', 'hot-swap'],
    price: 85,
  },
  headphones: {
    nouns: ['headphones', 'earbuds', 'headset'],
    traits: ['wireless', 'noise-cancelling', 'over-ear', 'foldable', 'open-back'],
    price: 110,
  },
  kettles: {
    nouns: ['kettle', 'gooseneck kettle'],
    traits: ['quiet', 'steel', 'glass', 'temperature-controlled', 'compact'],
    price: 48,
  },
  backpacks: {
    nouns: ['backpack', 'daypack', 'laptop backpack'],
    traits: ['waterproof', 'compact', 'foldable', 'recycled', '25-litre'],
    price: 70,
  },
};

/** A catalogue of `size` products, with about the same number in each category. */
export function makeCatalogue(random: Random, size: number): Product[] {
  const names = Object.keys(CATEGORIES);
  return Array.from({ length: size }, (_, index) => {
    const category = names[index % names.length] ?? 'keyboards';
    const { nouns, traits, price } = categoryOf(category);
    const title = [random.pick(BRANDS), ...someOf(traits, random), random.pick(nouns)].join(' ');
    return {
      asin: asinOf(index),
      title,
      category,
      price: Math.round(price * Math.exp(random.normal(0, 0.45)) * 100) / 100,
      rating: Math.round(clamp(random.normal(4.1, 0.5), 1, 5) * 10) / 10,
      reviews: Math.round(Math.exp(random.normal(4, 1.6))),
      stock: random.chance(0.12) ? 0 : random.whole(1, 250),
      deliveryDays: random.whole(1, 9),
    };
  });
}

/** The next request: two traits and a noun, with a budget near the usual price. */
export function nextWish(random: Random, number: number): Wish {
  const [first = 'keyboards', ...others] = Object.keys(CATEGORIES);
  const { nouns, traits, price } = categoryOf(random.pick([first, ...others]));
  return {
    shopperId: `s-${1_200 + (number % 400)}`,
    query: `${random.pick(traits)} ${random.pick(traits)} ${random.pick(nouns)}`,
    maxPrice: Math.round(price * clamp(random.normal(1, 0.35), 0.25, 2)),
    deliverWithinDays: random.pick([1, 2, 3, 5, 7]),
  };
}

/** Ten characters. Multiplying by a prime makes neighbouring ids look different, as real ids do. */
function asinOf(index: number): string {
  const spread = ((index + 1) * 1_580_030_173) % 36 ** 8;
  return `B0${spread.toString(36).toUpperCase().padStart(8, '0')}`;
}

function categoryOf(name: string): Category {
  const category = CATEGORIES[name];
  if (!category) throw new Error(`no category ${name}`);
  return category;
}

function someOf(traits: Category['traits'], random: Random): string[] {
  const first = random.pick(traits);
  const second = random.pick(traits);
  return first === second ? [first] : [first, second];
}
