import type { Capture } from './capture.js';
import { isDots, writeDecisionDetails, writeLink, writeSubject } from './fields.js';
import { CAPTURE_BOUNDS, FIELD_BOUNDS } from './limits.js';
import { ObjectWriter } from './object-writer.js';
import { entriesOf } from './platform-values.js';
import type { FieldText } from './serialize.js';
import { isObject, itemsOf, quietly, readParts, type Source } from './source.js';
import { cutUnits, isAscii } from './text.js';
import { pointerSegment } from './value-writer.js';
import type { Actor, DecisionBasis, Reason, Subject } from './wire/decision.js';
import type { Link, Mark, Trace } from './wire/snapshot.js';

/**
 * Facts about a whole execution, given at the start or at any time before the end.
 *
 * @example
 * ```ts
 * const facts: ExecutionFacts = { tags: ['priority'], metadata: { region: 'eu' } };
 * ```
 */
export interface ExecutionFacts {
  /** The person or thing that the decision is about, by type: `{ applicant: 'a-17' }`. */
  subject?: Record<string, string | number> | undefined;
  /** Subjects with all their fields; at most 8. */
  subjects?: readonly Subject[] | undefined;
  input?: unknown;
  output?: unknown;
  /** At most 32 tags of at most 64 characters. */
  tags?: readonly string[] | undefined;
  metadata?: Record<string, string | number | boolean> | undefined;
  /**
   * The versions in force: code, ruleset, model, prompt. They are merged with the client's
   * versions.
   */
  versions?: Record<string, string> | undefined;
}

/**
 * The details of a decision.
 *
 * @example
 * ```ts
 * const details: DecisionDetails = { adverse: true, reasons: ['SCORE_LOW'], confidence: 0.93 };
 * ```
 */
export interface DecisionDetails {
  /** Whether the decision is against its subject, such as a decline or a removal. */
  adverse?: boolean | undefined;
  score?: number | undefined;
  /** The confidence in the decision, from 0 to 1. */
  confidence?: number | undefined;
  /** Reason codes or whole reasons, the main one first. Default: the failed checks. */
  reasons?: readonly (string | Reason)[] | undefined;
  decidedBy?: Actor | undefined;
  humanInvolvement?: 'none' | 'review' | 'final' | undefined;
}

const MAX_MARKS = 1_000;

/**
 * The members of a snapshot that the host sets, captured at once. A later value replaces an earlier
 * one.
 */
export class ExecutionFields {
  readonly #capture: Capture;
  #texts: ReadonlyMap<string, FieldText>;
  /** `#texts`, once this execution has changed its copy. */
  #ownTexts: Map<string, FieldText> | undefined;
  #versions: ReadonlyMap<string, string | number>;

  /** @param base members that all executions of a client share, so they are written once. */
  constructor(capture: Capture, base?: ExecutionFields) {
    this.#capture = capture;
    this.#texts = base?.texts ?? new Map<string, FieldText>();
    this.#versions = base?.versions ?? new Map<string, string | number>();
  }

  get texts(): ReadonlyMap<string, FieldText> {
    return this.#texts;
  }

  get versions(): ReadonlyMap<string, string | number> {
    return this.#versions;
  }

  /** An invalid name leaves the client's pipeline in force, with a mark. */
  setPipeline(pipeline: unknown): void {
    if (isDots(pipeline)) this.#lose('pipeline');
    else this.#write('pipeline', (out) => out.string('pipeline', pipeline, FIELD_BOUNDS.name));
  }

  setEnvironment(environment: string): void {
    this.#write('environment', (out) =>
      out.string('environment', environment, FIELD_BOUNDS.environment),
    );
  }

  /** Sets the pipeline and the facts that are given at the start. */
  start(options: unknown): void {
    this.#read(options, (from) => {
      const { pipeline } = from;
      if (pipeline !== undefined && pipeline !== null) this.setPipeline(pipeline);
      this.#set(from);
    });
  }

  set(facts: unknown): void {
    this.#read(facts, (from) => this.#set(from));
  }

  /**
   * Returns whether the decision is adverse. `undefined` if it was not recorded, so an earlier
   * decision stays.
   */
  decide(
    outcome: unknown,
    details: unknown,
    failedChecks: readonly unknown[],
    basis?: DecisionBasis,
  ): boolean | undefined {
    const hasEarlier = this.#texts.get('decision')?.member !== undefined;
    let isAdverse = false;
    const isWritten = this.#write('decision', (out) =>
      out.object('decision', isObject(details) ? details : {}, (decision, from) => {
        isAdverse = from['adverse'] === true;
        const hasOutcome = decision.string('outcome', outcome, 64);
        if (!hasOutcome && hasEarlier) return false;
        if (!hasOutcome) decision.missing('outcome', outcome, '"unnamed"');
        writeDecisionDetails(decision, from, failedChecks);
        if (basis !== undefined) decision.object('basis', basis, writeBasis);
        return true;
      }),
    );
    const isAbsent = details === undefined || details === null;
    if (!isWritten || (!isAbsent && !isObject(details))) this.#lose('decision');
    return isWritten ? isAdverse : undefined;
  }

  setTrace(trace: Trace): void {
    const flags = trace.flags === undefined ? '' : `,"flags":${String(trace.flags)}`;
    const json = `{"traceId":"${trace.traceId}","spanId":"${trace.spanId}"${flags}}`;
    this.#put('trace', `"trace":${json}`, []);
  }

  setLinks(links: readonly Link[]): void {
    this.#write('links', (out) => out.list('links', links, FIELD_BOUNDS.links, writeLink));
  }

  #read(given: unknown, use: (from: Source) => void): void {
    if (given === undefined || given === null) return;
    if (isObject(given)) readParts(given, use, (key) => this.#lose(key));
    else this.#lose('');
  }

  #set({ subject, subjects, input, output, tags, metadata, versions }: Source): void {
    const isNamed = (value: unknown): boolean => value !== undefined && value !== null;
    if (isNamed(subject) || isNamed(subjects)) this.#writeSubjects(subject, subjects);
    const maxBytes = FIELD_BOUNDS.executionValueBytes;
    if (input !== undefined) this.#write('input', (out) => out.value('input', input, maxBytes));
    if (output !== undefined) this.#write('output', (out) => out.value('output', output, maxBytes));
    if (tags !== undefined) {
      this.#write('tags', (out) => out.strings('tags', tags, FIELD_BOUNDS.tags, 64));
    }
    if (metadata !== undefined) this.#writeMetadata(metadata);
    if (versions !== undefined) this.#writeVersions(versions);
  }

  #writeSubjects(subject: unknown, subjects: unknown): void {
    const short = entriesOf(subject);
    const isWrong = subject !== undefined && subject !== null && short === undefined;
    const keys = short?.keys.slice(0, FIELD_BOUNDS.subjects + 1) ?? [];
    const named = keys.map((type) => ({ type, id: subjectId(quietly(() => short?.read(type))) }));
    const listed = itemsOf(subjects, FIELD_BOUNDS.subjects);
    const isUnlisted = subjects !== undefined && subjects !== null && listed === undefined;
    const all = [...named, ...(listed?.items ?? [])];
    // Reasons beyond the bound are only counted.
    all.length +=
      (short?.total ?? 0) - keys.length + (listed?.total ?? 0) - (listed?.items.length ?? 0);
    if (all.length > 0) {
      this.#write('subjects', (out) =>
        out.list('subjects', all, FIELD_BOUNDS.subjects, writeSubject),
      );
    }
    if (isWrong || isUnlisted) this.#lose('subjects');
  }

  #writeMetadata(metadata: unknown): void {
    const { metadataKeys, metadataValue } = FIELD_BOUNDS;
    this.#write('metadata', (out) =>
      out.record('metadata', metadata, metadataKeys, (entry, key, value, name) => {
        const maxBytes = CAPTURE_BOUNDS.stringBytes * 2;
        const captured = this.#capture.property(value, 'metadata', name, maxBytes);
        // Values such as NaN have no JSON, so there is nothing to record.
        if (captured.json !== 'null') entry.scalar(key, value, captured, metadataValue);
        else if (captured.marks.length > 0) entry.adopt(key, captured.marks);
      }),
    );
  }

  /**
   * Merges with the versions in force, by name. A version that cannot be recorded leaves the
   * earlier one.
   */
  #writeVersions(versions: unknown): void {
    this.#write('versions', (out) => {
      const given = entriesOf(versions);
      if (given === undefined) return out.wrong('versions', versions);
      const merged = new Map(this.#versions);
      const lost: string[] = [];
      for (const key of given.keys) {
        try {
          const version = given.read(key);
          if (isVersion(version)) merged.set(key, version);
          else if (version !== undefined && version !== null) lost.push(key);
        } catch {
          lost.push(key);
        }
      }
      const isWritten =
        merged.size > 0 &&
        out.record('versions', merged, FIELD_BOUNDS.versionKeys, (entry, key, version) => {
          const text = String(version);
          const kept = cutUnits(text, FIELD_BOUNDS.name);
          const [original, length] = [text.length, kept.length];
          if (length < original)
            out.mark('versions', { kind: 'truncated', original, kept: length });
          entry.string(key, kept, FIELD_BOUNDS.name);
        });
      if (isWritten) this.#versions = merged;
      for (const key of lost) out.adopt('versions', [droppedMark(key)]);
      return isWritten;
    });
  }

  /** If the write fails, the earlier member stays and gets the marks of the failed write. */
  #write(name: string, write: (out: ObjectWriter) => boolean): boolean {
    const out = new ObjectWriter(this.#capture);
    const isWritten = write(out);
    if (isWritten) this.#put(name, out.members, out.marks);
    else if (out.marks.length > 0) this.#addMarks(name, out.marks);
    return isWritten;
  }

  #lose(key: string): void {
    const path = key === '' ? '' : `/${pointerSegment(key)}`;
    this.#addMarks(key, [{ path, kind: 'dropped' }]);
  }

  #addMarks(name: string, marks: readonly Mark[]): void {
    const earlier = this.#texts.get(name);
    const known = earlier?.marks ?? [];
    if (known.length >= MAX_MARKS) return;
    this.#put(name, earlier?.member, [...known, ...marks]);
  }

  #put(name: string, member: string | undefined, marks: readonly Mark[]): void {
    this.#ownTexts ??= new Map(this.#texts);
    this.#ownTexts.set(name, { member, isAscii: member === undefined || isAscii(member), marks });
    this.#texts = this.#ownTexts;
  }
}

function writeBasis(out: ObjectWriter, { kind, pass, fail }: Source): boolean {
  return [
    out.string('kind', kind, 64),
    out.string('pass', pass, 64),
    out.string('fail', fail, 64),
  ].every(Boolean);
}

/** A missing id must not become the subject "undefined". */
function subjectId(id: unknown): string | undefined {
  const isId = typeof id === 'string' || typeof id === 'bigint' || Number.isFinite(id);
  return isId ? String(id) : undefined;
}

function isVersion(version: unknown): version is string | number {
  return (typeof version === 'string' && version !== '') || Number.isFinite(version);
}

function droppedMark(key: string): Mark {
  return { path: `/${pointerSegment(key)}`, kind: 'dropped' };
}
