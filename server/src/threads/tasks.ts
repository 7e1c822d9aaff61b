import {
  appearancesOf,
  compareExecutions,
  compileText,
  decidingRulesOf,
  explain,
  explanationText,
  factsOf,
  hasCandidate,
  letterOf,
  matchesQuery,
  nameExplanation,
  parseJson,
  queryLeaves,
  rulesInForce,
  searchSnapshot,
  simulate,
  simulatedRunOf,
  stepSequence,
  stringifyJson,
  termsIn,
  thresholdChanges,
  type Dictionary,
  type LinkedFrom,
  type OtlpPreview,
  type QueryNode,
  type Returned,
  type SearchMatch,
  type SimulatedRun,
  type Snapshot,
  type Step,
  type StepDetail,
  type TextNode,
} from '@xray/core';
import type { Encoding } from '@xray/otlp';
import {
  assembleTrace,
  sliceRequest,
  type Assembled,
  type AssemblyInput,
  type DoorSettings,
  type Malformed,
  type SlicedRequest,
} from '../records/otlp-slices.js';
import { otlpBytes } from '../records/otlp-export.js';
import { previewTrace, type PreviewInput } from '../records/otlp-preview.js';
import { readSnapshot, type ReadSnapshot, type Sender } from '../records/read-snapshot.js';
import { sealRecords, type RecordToSeal, type SealedVersion } from '../records/seal-records.js';
import { buildSegment, type BuiltSegment } from '../segments/build.js';
import { checkOf } from '../segments/directory.js';
import { SegmentMerge, type MergeInput } from '../segments/merge.js';
import { TERMS, type Block, type SegmentHead } from '../segments/segment.js';
import type { Document } from '../segments/document.js';
import type { ExecutionRecord } from '../store/execution-record.js';

/** A row that may match, with the values that its body does not have. */
export interface Suspect {
  body: string;
  /** ms since the epoch. */
  at: number;
  conflict: boolean;
}

/**
 * The result of reading a snapshot in a thread. Its metadata are JSON text, because exact numbers
 * cannot be sent between threads. The text of the snapshot is not sent back.
 */
export type ReadElsewhere =
  | Extract<ReadSnapshot, { ok: false }>
  | {
      ok: true;
      record: Omit<ExecutionRecord, 'header'> & {
        header: Omit<ExecutionRecord['header'], 'metadata'>;
      };
      metadata: string;
    };

let merging: SegmentMerge | undefined;

/**
 * The tasks of the threads, by name. A thread returns JSON as text, because text is cheaper to send
 * and the event loop need not serialize it.
 */
export const tasks = {
  /** Makes the record of a snapshot. */
  readSnapshot({
    text,
    sender,
    receivedAt,
  }: {
    text: string;
    sender: Sender;
    receivedAt: Date;
  }): ReadElsewhere {
    const read = readSnapshot(text, sender, receivedAt);
    if (!read.ok) return read;
    const { header, ...record } = read.record;
    const { metadata, ...facts } = header;
    // The caller already has the text.
    return {
      ok: true,
      record: { ...record, body: '', header: facts },
      metadata: stringifyJson(metadata),
    };
  },

  /** An OTLP request, decoded, redacted and cut by trace. */
  sliceRequest({
    body,
    signal,
    encoding,
    settings,
  }: {
    body: Uint8Array;
    signal: 'traces' | 'logs';
    encoding: Encoding;
    settings: DoorSettings;
  }): SlicedRequest | Malformed {
    return sliceRequest(body, signal, encoding, settings);
  },

  /** The snapshots of a trace. */
  assembleTrace(input: AssemblyInput): Assembled {
    return assembleTrace(input);
  },

  /** How settings would read a trace. */
  previewTrace(input: PreviewInput): OtlpPreview['items'][number] {
    return previewTrace(input);
  },

  /** Snapshots as one gzipped OTLP request in protobuf. */
  otlpBytes(texts: string[]): Uint8Array {
    return otlpBytes(texts);
  },

  /** Builds one segment from executions of one app. */
  build(documents: Document[]): BuiltSegment {
    return buildSegment(
      documents.map(({ id, at, xact, body }) => ({
        id,
        at,
        check: checkOf(xact),
        snapshot: parse(body),
      })),
    );
  },

  /**
   * Begins to merge several segments into one, and returns its directory. Only one merge runs at a
   * time.
   */
  mergeStart(inputs: MergeInput[]): Block[] {
    merging = new SegmentMerge(inputs);
    return merging.directory;
  },

  /** Merges the next range of blocks of one kind. Each input gives its blocks in order. */
  mergeRange({ kind, blocks }: { kind: Block['kind']; blocks: Uint8Array[][] }): Block[] {
    if (merging === undefined) throw new Error('no merge was begun');
    return kind === TERMS ? merging.mergeTerms(blocks) : merging.mergeCandidates(blocks);
  },

  /** Ends the merge and returns the new segment's head. */
  mergeEnd(): SegmentHead {
    if (merging === undefined) throw new Error('no merge was begun');
    const { head } = merging;
    merging = undefined;
    return head;
  },

  /** For each suspect, the places that match the query; null if the query does not match. */
  verify({
    query,
    now,
    maxMatches,
    suspects,
  }: {
    query: QueryNode;
    now: number;
    maxMatches: number | undefined;
    suspects: Suspect[];
  }): (SearchMatch[] | null)[] {
    const nodes = [...textNodes(query)].flatMap(({ text, quoted }) => {
      const compiled = compileText(text, quoted);
      return compiled === null ? [] : [{ key: keyOf(text, quoted), compiled }];
    });
    const texts = nodes.map(({ compiled }) => compiled);
    return suspects.map(({ body, at, conflict }) => {
      const snapshot = parse(body);
      const { found, matches } = searchSnapshot(snapshot, texts, maxMatches);
      const has = new Set(nodes.filter((_, index) => found[index]).map(({ key }) => key));
      const isMeant = matchesQuery(
        query,
        { ...factsOf(snapshot), at, conflict },
        {
          now,
          hasText: (text, quoted) => has.has(keyOf(text, quoted)),
          hasCandidate: (id) =>
            snapshot.steps.some(({ candidates }) =>
              candidates ? hasCandidate(candidates, id) : false,
            ),
        },
      );
      return isMeant ? matches : null;
    });
  },

  /** The JSON of a `RecordedAppearance[]` for each body: where a candidate appeared. */
  appearances({ id, bodies }: { id: string; bodies: string[] }): string[] {
    return bodies.map((body) => stringifyJson(appearancesOf(parse(body), id)));
  },

  /** The JSON of a `DecidingRule[]` for each body: the rules that decided. */
  rules(bodies: string[]): string[] {
    return bodies.map((body) => stringifyJson(decidingRulesOf(parse(body))));
  },

  /** The JSON of a `SimulatedRun[]`: what a simulation needs of each body. */
  simulatedRuns({ bodies, set }: { bodies: string[]; set: string[] }): string {
    const changes = thresholdChanges(set);
    return stringifyJson(bodies.map((body) => simulatedRunOf(parse(body), changes)));
  },

  /** The JSON of what `simulate` says of these runs. */
  simulate({ runs, set }: { runs: string[]; set: string[] }): string {
    const all = runs.flatMap((text) => parseJson(text) as unknown as SimulatedRun[]);
    return stringifyJson(simulate(all, thresholdChanges(set)));
  },

  /** The JSON of a Comparison. */
  compare({ a, b }: { a: string; b: string }): string {
    return stringifyJson(compareExecutions(parse(a), parse(b)));
  },

  /** The JSON of an Explanation, or its text with the names of a dictionary. */
  explain({
    body,
    format,
    dictionary,
    lang,
  }: {
    body: string;
    format: 'json' | 'text';
    dictionary: Dictionary;
    lang: string | undefined;
  }): string {
    const explanation = explain(parse(body));
    if (format === 'json') return stringifyJson(explanation);
    return `${explanationText(nameExplanation(explanation, termsIn(dictionary, lang)))}\n`;
  },

  /** The JSON of an Explanation, and of the rules in force. */
  evidence(body: string): { explanation: string; rules: string } {
    const snapshot = parse(body);
    return {
      explanation: stringifyJson(explain(snapshot)),
      rules: stringifyJson(rulesInForce(snapshot)),
    };
  },

  /** The JSON of a Letter. */
  letter({
    body,
    dictionary,
    lang,
    ...beside
  }: {
    body: string;
    dictionary: Dictionary;
    lang: string | undefined;
    linkedFrom: LinkedFrom[];
    receivedAt: string;
  }): string {
    const snapshot = parse(body);
    const terms = termsIn(dictionary, lang);
    return stringifyJson(letterOf(snapshot, explain(snapshot), { terms, ...beside }));
  },

  /**
   * The JSON of a StepDetail for each step at that address. An index matches one step, a sequence
   * may match several.
   */
  steps({ body, by, at }: { body: string; by: 'sequence' | 'index'; at: number }): string[] {
    return parse(body).steps.flatMap((step, index) => {
      const sequence = stepSequence(step, index);
      if ((by === 'index' ? index : sequence) !== at) return [];
      return [stringifyJson({ index, sequence, step } satisfies StepDetail)];
    });
  },

  /** The commitments of records for their log of seals. */
  async sealRecords(records: RecordToSeal[]): Promise<SealedVersion[]> {
    return await sealRecords(records);
  },

  /** The body without its payloads. */
  withoutPayloads(body: string): string {
    const { input: _input, output: _output, ...rest } = parse(body);
    return stringifyJson({ ...rest, steps: rest.steps.map(withoutStepPayloads) });
  },
};

/** A stored body was validated at ingest. */
function parse(body: string): Snapshot {
  return parseJson(body) as Snapshot;
}

function keyOf(text: string, quoted: boolean): string {
  return `${quoted} ${text}`;
}

function textNodes(query: QueryNode): TextNode[] {
  return [...queryLeaves(query)].filter((leaf) => leaf.kind === 'text');
}

function withoutStepPayloads(step: Step): object {
  const { input: _input, output: _output, reasoning: _reasoning, returned, ...rest } = step;
  return {
    ...rest,
    ...(returned && { returned: withoutValue(returned) }),
    ...(step.candidates && { candidates: withoutDetail(step.candidates) }),
    ...(step.artifacts && {
      artifacts: step.artifacts.map(({ inline: _inline, ...artifact }) => artifact),
    }),
  };
}

function withoutValue({ value: _value, ...rest }: Returned): object {
  return rest;
}

function withoutDetail(candidates: NonNullable<Step['candidates']>): object {
  const { items: _items, ledger: _ledger, ...counts } = candidates;
  return counts;
}
