/** The kinds of codes that an app can name, as members of its dictionary. */
export const TERM_KINDS = [
  'pipelines',
  'steps',
  'rules',
  'reasons',
  'outcomes',
  'fields',
  'units',
] as const;
export type TermKind = (typeof TERM_KINDS)[number];

type Texts = Record<string, string>;

/**
 * The part of a dictionary (dictionary.ts) that is read here. This file needs no schema, so a page can load
 * it alone.
 */
type Words = Record<
  TermKind,
  Record<string, { name?: Texts | undefined; description?: Texts | undefined }>
> & {
  language: string;
  letters: Texts;
  review: Texts;
};

/** The words of a dictionary in one language. */
export interface Terms {
  language: string;
  /** Returns the name of a code, or the code if it has no name. */
  name(kind: TermKind, code: string): string;
  /** Returns the name of a code, if it has one. */
  known(kind: TermKind, code: string): string | undefined;
  description(kind: TermKind, code: string): string | undefined;
  text(member: 'letters' | 'review'): string | undefined;
}

export function termsIn(dictionary: Words, asked?: string | null): Terms {
  const languages = [...languagesFrom(asked), ...languagesFrom(dictionary.language)];
  const textOf = (texts: Record<string, string> | undefined): string | undefined => {
    if (texts === undefined) return undefined;
    const language = languages.find((one) => Object.hasOwn(texts, one));
    return language === undefined ? Object.values(texts)[0] : texts[language];
  };
  const termOf = (kind: TermKind, code: string) =>
    Object.hasOwn(dictionary[kind], code) ? dictionary[kind][code] : undefined;
  const known = (kind: TermKind, code: string): string | undefined =>
    textOf(termOf(kind, code)?.name);
  return {
    language: asked ?? dictionary.language,
    known,
    name: (kind, code) => known(kind, code) ?? code,
    description: (kind, code) => textOf(termOf(kind, code)?.description),
    text: (member) => textOf(dictionary[member]),
  };
}

/** A language and its more general forms: `de-AT`, `de`. */
export function languagesFrom(tag: string | null | undefined): string[] {
  if (!tag) return [];
  const parts = tag.split('-');
  return parts.map((_part, place) => parts.slice(0, parts.length - place).join('-'));
}
