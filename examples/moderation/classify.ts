/** The classification of a post. */
export type Label = 'fine' | 'spam' | 'abuse';

export interface Classification {
  label: Label;
  /** Confidence in the label, from 0 to 1. */
  confidence: number;
  probabilities: Record<Label, number>;
  /** The words that led to the label. */
  because: string[];
}

/** The model does not support the language. */
class UnsupportedLanguageError extends Error {
  override readonly name = 'UnsupportedLanguageError';
}

export const MODEL = { name: 'word-weights', version: '2' } as const;

const WEIGHTS: Record<Exclude<Label, 'fine'>, Record<string, number>> = {
  spam: {
    free: 1.3,
    click: 1.6,
    win: 0.9,
    won: 1.3,
    prize: 1.6,
    crypto: 1.8,
    link: 0.8,
    cheap: 1.4,
    followers: 1.7,
    guaranteed: 1.3,
    buy: 0.9,
    offer: 0.9,
    money: 0.9,
  },
  abuse: {
    idiot: 2.2,
    stupid: 1.7,
    pathetic: 1.7,
    worthless: 2.1,
    loser: 2.1,
    shut: 1.2,
    nobody: 0.9,
  },
};
const FINE_BIAS = 2.6;

/** Scores a text like a small linear model: a weighted sum for each label, then a softmax. */
export function classify(text: string, language: string): Classification {
  if (language !== 'en') throw new UnsupportedLanguageError(`no weights for "${language}"`);
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  const logits: Record<Label, number> = {
    fine: FINE_BIAS,
    spam: sumOf(words, WEIGHTS.spam),
    abuse: sumOf(words, WEIGHTS.abuse),
  };
  const total = Object.values(logits).reduce((sum, logit) => sum + Math.exp(logit), 0);
  const probability = (label: Label) =>
    Math.round((Math.exp(logits[label]) / total) * 10_000) / 10_000;
  const probabilities = {
    fine: probability('fine'),
    spam: probability('spam'),
    abuse: probability('abuse'),
  };
  const labels = ['fine', 'spam', 'abuse'] as const;
  const label = labels.reduce((best, other) => (logits[other] > logits[best] ? other : best));
  const weights = label === 'fine' ? {} : WEIGHTS[label];
  return {
    label,
    confidence: probabilities[label],
    probabilities,
    because: words.filter((word) => word in weights),
  };
}

function sumOf(words: readonly string[], weights: Record<string, number>): number {
  return words.reduce((sum, word) => sum + (weights[word] ?? 0), 0);
}
