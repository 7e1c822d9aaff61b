import type { Capture } from './capture.js';
import { writeDecision, writeLink, writeSubject } from './fields.js';
import { FIELD_BOUNDS } from './limits.js';
import { ObjectWriter } from './object-writer.js';
import type { FieldText } from './serialize.js';
import { quote } from './text.js';
import type { Actor, Reason, Subject } from './wire/decision.js';
import type { Link, Trace } from './wire/snapshot.js';

/**
 * What may be said of a whole execution, when it starts or at any time before it ends.
 *
 * @example
 * ```ts
 * const facts: ExecutionFacts = { tags: ['priority'], metadata: { region: 'eu' } };
 * ```
 */
export interface ExecutionFacts {
  /** Who or what is decided on, by type: `{ applicant: 'a-17' }`. */
  subject?: Record<string, string | number> | undefined;
  /** The same, with all that can be said of a subject; at most 8. */
  subjects?: readonly Subject[] | undefined;
  input?: unknown;
  output?: unknown;
  /** At most 32 of 64 characters. */
  tags?: readonly string[] | undefined;
  metadata?: Record<string, string | number | boolean> | undefined;
  /** What is in force: code, ruleset, model, prompt. Joined with the client's. */
  versions?: Record<string, string> | undefined;
}

/**
 * What may be said of a decision beside its outcome.
 *
 * @example
 * ```ts
 * const details: DecisionDetails = { adverse: true, reasons: ['SCORE_LOW'], confidence: 0.93 };
 * ```
 */
export interface DecisionDetails {
  /** Against the one it is about: a decline, a removal. */
  adverse?: boolean | undefined;
  score?: number | undefined;
  /** 0 to 1. */
  confidence?: number | undefined;
  /** Codes or whole reasons, principal first; default: the failed checks. */
  reasons?: readonly (string | Reason)[] | undefined;
  decidedBy?: Actor | undefined;
  humanInvolvement?: 'none' | 'review' | 'final' | undefined;
}

/** The members of a snapshot that the host sets, captured when set; later set replaces earlier. */
export class ExecutionFields {
  readonly #capture: Capture;
  #texts: ReadonlyMap<string, FieldText>;
  /** The same map, once it is this execution's own. */
  #ownTexts: Map<string, FieldText> | undefined;
  #versions: Readonly<Record<string, string>>;

  /** @param base what is so for every execution of a client, and therefore written once. */
  constructor(capture: Capture, base?: ExecutionFields) {
    this.#capture = capture;
    this.#texts = base?.texts ?? new Map<string, FieldText>();
    this.#versions = base === undefined ? {} : base.#versions;
  }

  get texts(): ReadonlyMap<string, FieldText> {
    return this.#texts;
  }

  /** The one part of a snapshot that nothing may take away: what is no name leaves the client's in force. */
  setPipeline(pipeline: string): void {
    const known = this.#texts.get('pipeline')?.member;
    this.#write('pipeline', (out) => out.string('pipeline', pipeline, FIELD_BOUNDS.name));
    const { member, marks = [] } = this.#texts.get('pipeline') ?? {};
    if (member === undefined) this.#put('pipeline', { member: known, marks });
  }

  set(facts: ExecutionFacts): void {
    const { subject, subjects, input, output, tags, metadata, versions } = facts;
    if (subject !== undefined || subjects !== undefined) this.#writeSubjects(subject, subjects);
    const maxBytes = FIELD_BOUNDS.executionValueBytes;
    if (input !== undefined) this.#write('input', (out) => out.value('input', input, maxBytes));
    if (output !== undefined) this.#write('output', (out) => out.value('output', output, maxBytes));
    if (tags !== undefined) {
      this.#write('tags', (out) => out.strings('tags', tags, FIELD_BOUNDS.tags, 64));
    }
    if (metadata !== undefined) this.#writeMetadata(metadata);
    if (versions !== undefined) this.#writeVersions(versions);
  }

  decide(outcome: string, details: DecisionDetails, failedChecks: readonly Reason[]): void {
    this.#write('decision', (out) => {
      const reasons = (details.reasons ?? failedChecks).map((reason) =>
        typeof reason === 'string' ? { code: reason } : reason,
      );
      const decision = { ...details, outcome, reasons: reasons.length > 0 ? reasons : undefined };
      return out.object('decision', decision, writeDecision);
    });
  }

  setTrace(trace: Trace): void {
    const flags = trace.flags === undefined ? '' : `,"flags":${String(trace.flags)}`;
    const json = `{"traceId":"${trace.traceId}","spanId":"${trace.spanId}"${flags}}`;
    this.#put('trace', { member: `"trace":${json}`, marks: [] });
  }

  setLinks(links: readonly Link[]): void {
    this.#write('links', (out) => out.list('links', links, FIELD_BOUNDS.links, writeLink));
  }

  #writeSubjects(
    subject: Record<string, string | number> | undefined,
    subjects: readonly Subject[] | undefined,
  ): void {
    this.#write('subjects', (out) => {
      const short = Object.entries(subject ?? {}).map(([type, id]) => ({
        type,
        id: subjectId(id),
      }));
      const all = [...short, ...(subjects ?? [])];
      return out.list('subjects', all, FIELD_BOUNDS.subjects, writeSubject);
    });
  }

  #writeMetadata(metadata: Record<string, string | number | boolean>): void {
    this.#write('metadata', (out) =>
      out.record('metadata', metadata, FIELD_BOUNDS.metadataKeys, (key, value) => {
        const { json, marks } = this.#capture.property(value, 'metadata', key, 256);
        out.adopt('metadata', marks);
        // Only scalars have a place here; what else was given is kept as its JSON text.
        return /^["\d\-tf]/.test(json) ? json : quote(json);
      }),
    );
  }

  #writeVersions(versions: Record<string, string>): void {
    this.#write('versions', (out) => {
      const joined = { ...this.#versions, ...versions };
      if (Object.keys(joined).length === 0) return false;
      this.#versions = joined;
      return out.record('versions', joined, FIELD_BOUNDS.versionKeys, (_key, version) => {
        if (typeof version !== 'string' && typeof version !== 'number') return undefined;
        const text = String(version).replaceAll('\0', '\u{FFFD}');
        const kept = text.slice(0, FIELD_BOUNDS.name);
        const { length: original } = text;
        if (kept !== text) out.mark('versions', { kind: 'truncated', original, kept: kept.length });
        return quote(kept);
      });
    });
  }

  #write(name: string, write: (out: ObjectWriter) => boolean): void {
    const out = new ObjectWriter(this.#capture);
    const isWritten = out.guarded(name, write);
    if (isWritten) this.#put(name, { member: out.members, marks: out.marks });
    else if (out.marks.length > 0) this.#put(name, { member: undefined, marks: out.marks });
  }

  #put(name: string, text: FieldText): void {
    this.#ownTexts ??= new Map(this.#texts);
    this.#ownTexts.set(name, text);
    this.#texts = this.#ownTexts;
  }
}

/** A variable that holds nothing must not become the subject "undefined". */
function subjectId(id: unknown): string | undefined {
  const isId = typeof id === 'string' || typeof id === 'bigint' || Number.isFinite(id);
  return isId ? String(id) : undefined;
}
