import {
  appearancesOf,
  compileText,
  decidingRulesOf,
  factsOf,
  matchesQuery,
  searchSnapshot,
  type DecidingRule,
  type QueryNode,
  type RecordedAppearance,
  type SearchMatch,
  type Snapshot,
  type TextNode,
} from '@xray/core';
import { buildSegment, type BuiltSegment } from '../segments/build.js';
import { checkOf } from '../segments/directory.js';
import { SegmentMerge, type MergeInput } from '../segments/merge.js';
import { TERMS, type Block, type SegmentHead } from '../segments/segment.js';
import type { Document } from '../store/search-store.js';

/** A row that may be what is looked for, with what its body does not tell. */
export interface Suspect {
  body: string;
  /** ms since the epoch. */
  at: number;
  conflict: boolean;
}

let merging: SegmentMerge | undefined;

/** What the threads of the search do, each by its name. */
export const tasks = {
  /** One segment out of executions of one app. */
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

  /** Begins to make one segment of several, and gives its directory. One is made at a time. */
  mergeStart(inputs: MergeInput[]): Block[] {
    merging = new SegmentMerge(inputs);
    return merging.directory;
  },

  /** The next range of blocks of one kind: of each input its blocks in order. */
  mergeRange({ kind, blocks }: { kind: Block['kind']; blocks: Uint8Array[][] }): Block[] {
    if (merging === undefined) throw new Error('no merge was begun');
    return kind === TERMS ? merging.mergeTerms(blocks) : merging.mergeCandidates(blocks);
  },

  /** What the segment is that was made. */
  mergeEnd(): SegmentHead {
    if (merging === undefined) throw new Error('no merge was begun');
    const { head } = merging;
    merging = undefined;
    return head;
  },

  /** Of each suspect the places where it has what the query looks for; null where it is not meant. */
  verify({
    query,
    now,
    suspects,
  }: {
    query: QueryNode;
    now: number;
    suspects: Suspect[];
  }): (SearchMatch[] | null)[] {
    const nodes = [...textNodes(query)].flatMap(({ text, quoted }) => {
      const compiled = compileText(text, quoted);
      return compiled === null ? [] : [{ key: keyOf(text, quoted), compiled }];
    });
    const texts = nodes.map(({ compiled }) => compiled);
    return suspects.map(({ body, at, conflict }) => {
      const snapshot = parse(body);
      const { found, matches } = searchSnapshot(snapshot, texts);
      const has = new Set(nodes.filter((_, index) => found[index]).map(({ key }) => key));
      const isMeant = matchesQuery(
        query,
        { ...factsOf(snapshot), at, conflict },
        {
          now,
          hasText: (text, quoted) => has.has(keyOf(text, quoted)),
          hasCandidate: (id) => hasCandidate(snapshot, id),
        },
      );
      return isMeant ? matches : null;
    });
  },

  /** Of each body the appearances of a candidate. */
  appearances({ id, bodies }: { id: string; bodies: string[] }): RecordedAppearance[][] {
    return bodies.map((body) => appearancesOf(parse(body), id));
  },

  /** Of each body the rules that decided. */
  rules(bodies: string[]): DecidingRule[][] {
    return bodies.map((body) => decidingRulesOf(parse(body)));
  },
};

function parse(body: string): Snapshot {
  return JSON.parse(body) as Snapshot;
}

function keyOf(text: string, quoted: boolean): string {
  return `${quoted} ${text}`;
}

function* textNodes(query: QueryNode): Generator<TextNode> {
  if (query.kind === 'text') yield query;
  else if (query.kind === 'not') yield* textNodes(query.node);
  else if (query.kind === 'and' || query.kind === 'or') {
    for (const node of query.nodes) yield* textNodes(node);
  }
}

function hasCandidate({ steps }: Snapshot, id: string): boolean {
  return steps.some(
    ({ candidates }) =>
      candidates?.ledger?.ids.includes(id) === true ||
      candidates?.items.some((item) => item.id === id) === true,
  );
}
