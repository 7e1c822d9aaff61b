/**
 * Where a value stands: its key, and its dotted path from the field on (`input.applicant.ssn`).
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
 * What must not leave the process. It covers every field that bears values: inputs, outputs,
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
  /** Dotted paths such as `input.applicant.ssn`; a `*` stands for one or more segments. */
  paths?: readonly string[] | undefined;
  /** Keys, at any depth, beside the default ones. A string is compared without case. */
  keys?: readonly (RegExp | string)[] | undefined;
  /** `false` takes the default keys away (passwords, tokens, authorization, card numbers…). */
  defaults?: boolean | undefined;
  /** What is recorded in the place of a value found by path or key; default `[redacted]`. */
  with?: ((value: unknown, place: RedactionPlace) => unknown) | undefined;
  /**
   * Sees every string that is about to be recorded as a value or as free text, tags too, and returns the one
   * to record. Names, ids, codes and versions are no values: they are what records are found by.
   */
  text?: ((text: string, place: RedactionPlace) => string) | undefined;
}

/** Compared with a key in lower case and without `-`, `_`, `.` and blanks. */
const DEFAULT_KEYS =
  /passw(?:or)?d|passphrase|^pwd$|secret|token$|authorization|apikey|privatekey|accesskey|credential|cookie|sess(?:ion)?id|cardn(?:umber|um|o)$|(?:credit|debit)card$|ccn(?:umber|um|o)$|securitycode|^(?:pan|cvv2?|cvc2?|ssn|pin|otp|jwt|bearer)$|socialsecurity/;

const MAX_CACHED_KEYS = 2_000;

/** The resolved rules: pure questions for the capture to ask. */
export class Redactor {
  /** Free text must be seen by the host's function, so no value may take the fast path. */
  readonly seesText: boolean;
  /** A path that ends in `*` may name any key, so every key is suspect. */
  readonly #suspectsAll: boolean;
  readonly #options: RedactOptions;
  readonly #paths: readonly RegExp[];
  readonly #lastSegments: ReadonlySet<string>;
  readonly #suspects = new Map<string, boolean>();
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
    this.#literals = new Set(keys.filter((key) => typeof key === 'string').map(normalize));
    this.#patterns = keys.filter((key) => key instanceof RegExp).map(withoutState);
  }

  /** Whether a value under this key may have to be redacted: cheap, and never wrong about a "no". */
  suspects(key: string): boolean {
    if (this.#suspectsAll) return true;
    const known = this.#suspects.get(key);
    if (known !== undefined) return known;
    const suspect = this.#lastSegments.has(lastSegment(key)) || this.#matchesKey(key);
    if (this.#suspects.size >= MAX_CACHED_KEYS) this.#suspects.clear();
    this.#suspects.set(key, suspect);
    return suspect;
  }

  /** Whether the value under this key, at this path, must be redacted. */
  matches(key: string, path: () => string): boolean {
    if (!this.suspects(key)) return false;
    if (this.#matchesKey(key)) return true;
    return this.#paths.some((pattern) => pattern.test(path()));
  }

  /** What to record instead of a redacted value. May throw: the host's function is inside. */
  replace(value: unknown, place: RedactionPlace): unknown {
    return this.#options.with === undefined ? '[redacted]' : this.#options.with(value, place);
  }

  /** The text to record for this text. May throw: the host's function is inside. */
  text(text: string, place: RedactionPlace): unknown {
    return this.#options.text === undefined ? text : this.#options.text(text, place);
  }

  /** A field's name may be a path itself, as `rules.applicant.ssn` is: its last segment is a key, too. */
  #matchesKey(key: string): boolean {
    const last = lastSegment(key);
    if (last !== key && last !== '' && this.#matchesKey(last)) return true;
    const plain = normalize(key);
    if (this.#options.defaults !== false && DEFAULT_KEYS.test(plain)) return true;
    return this.#literals.has(plain) || this.#patterns.some((pattern) => pattern.test(key));
  }
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function normalize(key: string): string {
  return key.toLowerCase().replace(/[-_.\s]/g, '');
}

/** A `g` or `y` flag would make `test` remember where it stopped. */
function withoutState(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
}

function pathPattern(path: string): RegExp {
  const source = path.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replace(/\*+/g, '.+');
  return new RegExp(`^${source}$`, 's');
}
