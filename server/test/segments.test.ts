import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileText, searchSnapshot, type Json, type Snapshot } from '@xray/core';
import { buildSegment, type BuiltSegment } from '#server/segments/build.js';
import { candidateHash, findCandidate } from '#server/segments/candidate-blocks.js';
import { entryAt, readDirectoryBlock, type Entry } from '#server/segments/directory.js';
import { HashSet, sortByHash } from '#server/segments/hashes.js';
import { SegmentMerge } from '#server/segments/merge.js';
import { CANDIDATES, DIRECTORY, TERMS, blockNumber, type Block } from '#server/segments/segment.js';
import { findTerm } from '#server/segments/term-blocks.js';
import { termsOfQuery } from '#server/segments/terms.js';
import { snapshot } from './support/snapshots.js';

type Document = Entry & { snapshot: Snapshot };

function documentsOf(snapshots: Snapshot[], firstId: number): Document[] {
  // The order is not that of their times.
  return snapshots.map((recorded, place) => ({
    id: firstId + place,
    at: 1_000 + (((firstId + place) * 7) % 13),
    check: 4_000_000_000 + place,
    snapshot: recorded,
  }));
}

function bodies({ blocks }: BuiltSegment, kind: Block['kind']): Uint8Array[] {
  return blocks.filter((block) => block.kind === kind).map(({ body }) => body);
}

function blockOf({ blocks }: BuiltSegment, kind: Block['kind'], number: number): Uint8Array {
  return (
    blocks.find((block) => block.kind === kind && block.number === number)?.body ?? new Uint8Array()
  );
}

function idAt(segment: BuiltSegment, place: number): number {
  const directory = readDirectoryBlock(blockOf(segment, DIRECTORY, place >>> 10));
  return entryAt(directory, place & 1023).id;
}

function merge(inputs: BuiltSegment[], dead: number[][] = []): BuiltSegment {
  const merging = new SegmentMerge(
    inputs.map((input, from) => ({
      head: input.head,
      directory: bodies(input, DIRECTORY),
      dead: dead[from] ?? [],
    })),
  );
  const blocks = [
    ...merging.directory,
    ...merging.mergeTerms(inputs.map((input) => bodies(input, TERMS))),
    ...merging.mergeCandidates(inputs.map((input) => bodies(input, CANDIDATES))),
  ];
  return { head: merging.head, blocks, names: [] };
}

/** Ids of the executions that have every term of a text, or a candidate with this id. */
function idsWith(segment: BuiltSegment, text: string): number[] {
  const compiled = compileText(text, true);
  if (compiled === null) return [];
  const { bits } = segment.head;
  const lists = termsOfQuery(compiled).map((hash) =>
    findTerm(blockOf(segment, TERMS, blockNumber(hash, bits.terms)), hash),
  );
  const [first = new Uint32Array()] = lists;
  const inAll = [...first].filter((place) => lists.every((list) => list.includes(place)));
  const places = [...inAll, ...appearances(segment, text).places];
  return [...new Set(places.map((place) => idAt(segment, place)))].toSorted((a, b) => a - b);
}

function appearances(segment: BuiltSegment, id: string) {
  const number = blockNumber(candidateHash(id), segment.head.bits.candidates);
  return findCandidate(blockOf(segment, CANDIDATES, number), id);
}

function idsOfRecords(documents: Document[], text: string): number[] {
  const compiled = compileText(text, true);
  if (compiled === null) return [];
  return documents
    .filter((document) => searchSnapshot(document.snapshot, [compiled]).found[0])
    .map(({ id }) => id)
    .toSorted((a, b) => a - b);
}

const words = fc.constantFrom(
  'loan',
  'Ⅷ',
  'ΟΔΟΣ',
  'credit_score',
  '信用スコア',
  'คะแนน',
  '고객이',
  'a-1.b@c',
  '🦓🏽',
  'İstanbul',
  'كِتاب',
  '12.50',
  'x',
  'naïve',
  'ﬁne',
  '0197f7a0-7e3c',
  "don't",
  'C++',
  '\u0000',
  '\ud800',
);
const texts = fc
  .array(fc.oneof(words, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 5 })
  .chain((parts) => fc.constantFrom(' ', '', '-', ', ', '/').map((glue) => parts.join(glue)));
const payload: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    texts,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(texts, tie('value'), { maxKeys: 3 }),
  ),
})).value;
const ids = fc.constantFrom('p', 'q', 'ü/1', 'loan', '🦓');
const snapshots = fc.array(
  fc
    .record({ input: payload, output: payload, reasoning: texts, offered: fc.uniqueArray(ids) })
    .map(({ input, output, reasoning, offered }) =>
      snapshot({
        input,
        steps: [
          {
            name: 'rank',
            output,
            reasoning,
            candidates: {
              in: offered.length,
              out: 0,
              byOutcome: {},
              items: [],
              ledger: {
                ids: offered,
                outcomes: 'r'.repeat(offered.length),
                reasons: ['FAR'],
                reasonIx: offered.map(() => 0),
              },
            },
          },
        ],
      }),
    ),
  { minLength: 1, maxLength: 6 },
);

/** A few and many hashes, neighbours and the largest one. A new set has no room for all of them. */
const hashLists = fc.array(
  fc.oneof(fc.nat(0xffffffff), fc.nat(40), fc.constant(0xffffffff), fc.constant(0)),
  { maxLength: 5_000, size: 'max' },
);

describe('hashes', () => {
  test('are in a set once, however often they were added, and not after it was cleared', () => {
    const set = new HashSet();
    fc.assert(
      fc.property(hashLists, (hashes) => {
        set.clear();
        for (const hash of hashes) set.add(hash);
        expect(new Set(set.toArray())).toEqual(new Set(hashes));
        expect(set.toArray()).toHaveLength(new Set(hashes).size);
      }),
      { numRuns: 50 },
    );
  });

  test('are sorted together with their places, which keep their order', () => {
    fc.assert(
      fc.property(hashLists, (hashes) => {
        const sorted = sortByHash(Uint32Array.from(hashes), Uint32Array.from(hashes.keys()));
        const expected = hashes
          .map((hash, place) => ({ hash, place }))
          .toSorted((a, b) => a.hash - b.hash || a.place - b.place);
        expect([...sorted.hashes]).toEqual(expected.map(({ hash }) => hash));
        expect([...sorted.places]).toEqual(expected.map(({ place }) => place));
      }),
      { numRuns: 50 },
    );
  });
});

describe('segments of the search index', () => {
  test('have every execution that a search of the records finds, also after a merge', () => {
    fc.assert(
      fc.property(snapshots, snapshots, texts, words, (older, newer, made, word) => {
        const first = documentsOf(older, 1);
        const second = documentsOf(newer, 100);
        const segment = merge([buildSegment(first), buildSegment(second)]);
        for (const text of [made, word, 'p', 'loan']) {
          expect(idsWith(segment, text)).toEqual(
            expect.arrayContaining(idsOfRecords([...first, ...second], text)),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  test('have every candidate of a large ledger with its fate, after merges that drop dead entries', () => {
    const letters = 'skrde';
    const outcomes = ['selected', 'kept', 'rejected', 'deferred', 'error'];
    const size = 5_000;
    const made = Array.from({ length: 9 }, (_, i) =>
      snapshot({
        pipeline: `p${i % 2}`,
        steps: [
          {
            name: `step ${i}`,
            candidates: {
              in: size,
              out: 0,
              byOutcome: {},
              items: [],
              ledger: {
                ids: Array.from({ length: size }, (_, n) => `candidate-${(n * 7 + i) % 9_000}`),
                outcomes: Array.from({ length: size }, (_, n) => letters[(n + i) % 5]).join(''),
                reasons: ['A', 'B'],
                reasonIx: Array.from({ length: size }, (_, n) => ((n + i) % 3) - 1),
              },
            },
          },
        ],
      }),
    );
    const documents = documentsOf(made, 1);
    const built = [0, 3, 6].map((from) => buildSegment(documents.slice(from, from + 3)));
    const segment = merge([merge(built.slice(0, 2), [[1], []]), built[2] as BuiltSegment]);
    const died = idAt(built[0] as BuiltSegment, 1);
    const places = new Map(
      documents.map(({ id, snapshot: { steps } }) => {
        const { ids: ledgerIds = [] } = steps[0]?.candidates?.ledger ?? {};
        return [id, new Map(ledgerIds.map((candidate, place) => [candidate, place]))];
      }),
    );
    const wrong: string[] = [];
    for (let n = 0; n < 9_000; n++) {
      const id = `candidate-${n}`;
      const { places: at, codes } = appearances(segment, id);
      const found = Array.from(at, (place, nth) => ({
        execution: idAt(segment, place),
        ...segment.head.fates[codes[nth] ?? -1],
      }));
      const recorded = documents.flatMap((document) => {
        const [step] = document.snapshot.steps;
        const ledger = step?.candidates?.ledger;
        const place = places.get(document.id)?.get(id);
        if (!ledger || place === undefined || document.id === died) return [];
        const reason = ledger.reasons[ledger.reasonIx[place] ?? -1] ?? null;
        const outcome = outcomes[letters.indexOf(ledger.outcomes[place] ?? '')];
        return [
          {
            execution: document.id,
            pipeline: document.snapshot.pipeline,
            step: step?.name,
            outcome,
            reason,
          },
        ];
      });
      const inOrder = (all: { execution: number }[]) =>
        JSON.stringify(all.toSorted((a, b) => a.execution - b.execution));
      if (inOrder(found) !== inOrder(recorded)) wrong.push(id);
    }
    expect(wrong).toEqual([]);
    expect(segment.head.executions).toBe(8);
  });
});
