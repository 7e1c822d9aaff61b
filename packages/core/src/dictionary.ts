import { z } from 'zod';
import { languageSchema } from './language.js';
import { LIMITS } from './snapshot.js';
import { TERM_KINDS } from './terms.js';
import { wholeNumber } from './whole-number.js';

export const DICTIONARY_LIMITS = {
  bytes: 1024 * 1024,
  terms: 5_000,
  name: 200,
  description: 2_000,
  letter: 20_000,
} as const;

const textsSchema = (max: number) => z.record(languageSchema, z.string().min(1).max(max));
const termSchema = z.strictObject({
  name: textsSchema(DICTIONARY_LIMITS.name).optional(),
  description: textsSchema(DICTIONARY_LIMITS.description).optional(),
});
const termsSchema = z
  .record(z.string().min(1).max(LIMITS.subjectId), termSchema)
  .refine(
    (terms) => Object.keys(terms).length <= DICTIONARY_LIMITS.terms,
    `at most ${DICTIONARY_LIMITS.terms} terms`,
  )
  .default({});

/** An app's words for its codes, by language, and the texts of its letters. */
export const dictionarySchema = z.strictObject({
  /** The language to use if a text does not exist in the requested language. */
  language: languageSchema.default('en'),
  pipelines: termsSchema,
  steps: termsSchema,
  rules: termsSchema,
  reasons: termsSchema,
  outcomes: termsSchema,
  fields: termsSchema,
  units: termsSchema,
  /** Markdown templates of letters about adverse decisions, by language. */
  letters: textsSchema(DICTIONARY_LIMITS.letter).default({}),
  /** How a person can request a review of a decision. Letters contain this text. */
  review: textsSchema(DICTIONARY_LIMITS.description).default({}),
});
export type Dictionary = z.infer<typeof dictionarySchema>;

/** A dictionary as people write it. A plain text is a name, or a text in the dictionary's language. */
export type WrittenDictionary = unknown;

export const storedDictionarySchema = z.object({
  dictionary: dictionarySchema,
  /** The number of changes. 0 if nothing is stored. */
  revision: z.int(),
  updatedAt: z.string().nullable(),
});
export type StoredDictionary = z.infer<typeof storedDictionarySchema>;

export const dictionaryQuerySchema = z.object({
  format: z.enum(['json', 'yaml']).default('json'),
});

export const dictionaryChangeQuerySchema = z.object({
  /** The revision that was edited. The change is refused if there is a newer one. */
  revision: wholeNumber(0).optional(),
});

export const EMPTY_DICTIONARY: Dictionary = dictionarySchema.parse({});

/**
 * Fills in optional parts. For example, `min_score: Minimum score` names a rule in the dictionary's
 * language.
 */
export function fullDictionary(written: WrittenDictionary): unknown {
  if (!isRecord(written)) return written ?? {};
  const { language = 'en' } = written;
  const inLanguage = (text: unknown): unknown =>
    typeof text === 'string' && typeof language === 'string' ? { [language]: text } : text;
  const term = (value: unknown): unknown => {
    if (typeof value === 'string') return { name: inLanguage(value) };
    if (!isRecord(value)) return value;
    return mapValues(value, inLanguage);
  };
  return Object.fromEntries(
    Object.entries(written).map(([member, value]) => {
      if (member === 'letters' || member === 'review') return [member, inLanguage(value)];
      const isTerms = TERM_KINDS.some((kind) => kind === member);
      if (isTerms && value === null) return [member, {}];
      return [member, isTerms && isRecord(value) ? mapValues(value, term) : value];
    }),
  );
}

function mapValues(record: Record<string, unknown>, map: (value: unknown) => unknown) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
