import {
  defaultSecrecy,
  holdsText,
  isNamedMember,
  namesIn,
  type Secrecy,
  squash,
} from './secret-keys.js';
import { quietly } from './source.js';

/**
 * The place of a value: its key, and its dotted path, which begins with the field (`input.applicant.ssn`).
 *
 * @example
 * ```ts
 * const replace = (_value: unknown, { path }: RedactionPlace) => `<${path}>`;
 * ```
 */
export interface RedactionPlace {
  readonly key: string;
  readonly path: string;
}

/**
 * Rules for values that must not leave the process. They cover every field that holds values: inputs, outputs,
 * reasoning, errors, metadata, candidate data, rules, artifacts and model parameters.
 *
 * @example
 * ```ts
 * const redact: RedactOptions = {
 *   paths: ['input.applicant.ssn', '*.email'],
 *   keys: [/iban/i],
 *   with: (value, { key }) => `<${key}>`,
 *   text: text => text.replace(/\d{16}/g, '<card>'),
 * };
 * ```
 */
export interface RedactOptions {
  /** Dotted paths such as `input.applicant.ssn`; a `*` matches one or more segments. */
  paths?: readonly string[] | undefined;
  /** Keys at any depth, in addition to the default ones. Strings match in any case. */
  keys?: readonly (RegExp | string)[] | undefined;
  /** `false` turns off the default keys (passwords, tokens, authorization, card numbers…). */
  defaults?: boolean | undefined;
  /** Returns the replacement of a value found by path or key. Default: `[redacted]`. */
  with?: ((value: unknown, place: RedactionPlace) => unknown) | undefined;
  /**
   * Receives every string that is recorded as a value, as free text or as a tag, and returns the
   * string to record. Names, ids, codes and versions are not passed to it: searches need them.
   */
  text?: ((text: string, place: RedactionPlace) => string) | undefined;
}

const MAX_CACHED_KEYS = 2_000;
/** Longer lists are not checked for names and values by turns. */
export const MAX_ALTERNATING = 200;

/** The resolved rules. The capture applies them to each key and text. */
export class Redactor {
  /** Whether the host's function must see free text. Then no value may take the quick path. */
  readonly seesText: boolean;
  /** A path that ends in `*` may name any key, so every key is suspect. */
  readonly #suspectsAll: boolean;
  readonly #options: RedactOptions;
  readonly #paths: readonly RegExp[];
  readonly #lastSegments: ReadonlySet<string>;
  readonly #secrecies = new Map<string, Secrecy>();
  readonly #literals: ReadonlySet<string>;
  readonly #patterns: readonly RegExp[];

  constructor(options: RedactOptions = {}) {
    if (typeof options !== 'object') throw new TypeError('redact must be an object');
    this.#options = options;
    const paths = options.paths ?? [];
    this.#paths = paths.map(pathPattern);
    const last = paths.map(lastSegment);
    this.#lastSegments = new Set(last);
    this.#suspectsAll = last.some((segment) => segment.includes('*'));
    this.seesText = options.text !== undefined;
    const keys = options.keys ?? [];
    this.#literals = new Set(keys.filter((key) => typeof key === 'string').map(squash));
    this.#patterns = keys.filter((key) => key instanceof RegExp).map(withoutState);
  }

  /**
   * Whether a value under this key may have to be redacted. This is cheap; only "true" needs
   * another check.
   */
  suspects(key: string): boolean {
    return this.#isPathEnd(key) || this.secrecyOf(key) !== 'none';
  }

  /** Whether text under this key is redacted, while numbers, booleans and `null` are not. */
  hidesTextOnly(key: string): boolean {
    return !this.#isPathEnd(key) && this.secrecyOf(key) === 'text';
  }

  /** Whether this value must be redacted, given its key and path. */
  matches(key: string, path: () => string, value: unknown): boolean {
    if (!this.suspects(key)) return false;
    if (this.hides(key, value)) return true;
    return this.#paths.some((pattern) => pattern.test(path()));
  }

  /** Whether a value must be redacted because of a name beside it, instead of its key. */
  hides(name: string, value: unknown): boolean {
    const secrecy = this.secrecyOf(name);
    return secrecy === 'all' || (secrecy === 'text' && holdsText(value));
  }

  /**
   * Whether another member of the object names this member as a secret, as in `{ name: 'authorization',
   * value: '…' }`.
   */
  isNamedSecret(key: string, properties: Readonly<Record<string, unknown>>): boolean {
    if (!isNamedMember(key)) return false;
    const isNamed = quietly(() =>
      namesIn(properties).some((name) => this.hides(name, properties[key])),
    );
    return isNamed !== false;
  }

  /** Whether values under this name are redacted. */
  isSecretName(text: string): boolean {
    return this.secrecyOf(text) !== 'none';
  }

  /**
   * How much the rules for keys redact. The key may be a path, such as `rules.applicant.ssn`; its
   * last segment counts, too.
   */
  secrecyOf(key: string): Secrecy {
    const known = this.#secrecies.get(key);
    if (known !== undefined) return known;
    const secrecy = this.#judge(key);
    if (this.#secrecies.size >= MAX_CACHED_KEYS) this.#secrecies.clear();
    this.#secrecies.set(key, secrecy);
    return secrecy;
  }

  /** Returns the replacement of a redacted value. The host's function may throw. */
  replace(value: unknown, place: RedactionPlace): unknown {
    return this.#options.with === undefined ? '[redacted]' : this.#options.with(value, place);
  }

  /** Returns the text to record. The host's function may throw. */
  text(text: string, place: RedactionPlace): unknown {
    return this.#options.text === undefined ? text : this.#options.text(text, place);
  }

  #isPathEnd(key: string): boolean {
    if (this.#suspectsAll) return true;
    return this.#lastSegments.size > 0 && this.#lastSegments.has(lastSegment(key));
  }

  #judge(key: string): Secrecy {
    const last = lastSegment(key);
    const asPath = last !== key && last !== '' ? this.#judge(last) : 'none';
    if (asPath === 'all') return 'all';
    const isListed =
      this.#literals.has(squash(key)) || this.#patterns.some((pattern) => pattern.test(key));
    if (isListed) return 'all';
    const secrecy = this.#options.defaults === false ? 'none' : defaultSecrecy(key);
    return secrecy === 'none' ? asPath : secrecy;
  }
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** With a `g` or `y` flag `test` would continue after the last match. */
function withoutState(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
}

function pathPattern(path: string): RegExp {
  const source = path.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replace(/\*+/g, '.+');
  return new RegExp(`^${source}$`, 's');
}
