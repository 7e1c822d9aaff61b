import type { Candidate, CandidateSet, Json, KnownKind } from '@xray/core';
import { cut } from './names.js';
import { numberOf, type SpanView } from './span-view.js';
import { isObject, jsonOf, listOf } from './values.js';

type Fields = Record<string, Json>;

const MAX_ITEMS = 200;
const MAX_LEDGER = 20_000;
const MAX_DATA = 4096;
const MAX_ID = 256;
/** A vector store gives ids of this form at run time, so they name no document. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NAMES_IN_METADATA = ['document_id', 'doc_id', 'doc_uri', 'source', 'url', 'id'];

interface Document {
  id: string;
  score: number | undefined;
  data: Json;
}

/** The documents that a span found or ranked, as candidates. `output` is the step's. */
export function candidatesOf(
  view: SpanView,
  kind: KnownKind,
  output: Json | undefined,
): CandidateSet | undefined {
  const found =
    view.list('retrieval.documents') ?? attributeList(view, 'gen_ai.retrieval.documents');
  if (found !== undefined) return everySelected(documentsOf(found));
  const offered = view.list('reranker.input_documents');
  if (offered !== undefined) {
    const kept = documentsOf(view.list('reranker.output_documents') ?? []);
    return ranked(documentsOf(offered), kept, numberOf(view.raw('reranker.top_k')));
  }
  const reranked = rankedByIndex(view);
  if (reranked !== undefined) return reranked;
  if (kind !== 'retrieve') return undefined;
  const list = listOfDocuments(output);
  return list && everySelected(documentsOf(list));
}

function attributeList(view: SpanView, name: string): Json[] | undefined {
  const value = jsonOf(view.raw(name) ?? null);
  return Array.isArray(value) && value.length > 0 ? value : undefined;
}

/** AI SDK: the documents, and which of them the model ranked, by index. */
function rankedByIndex(view: SpanView): CandidateSet | undefined {
  const documents = attributeList(view, 'ai.documents')?.map(jsonOf);
  const ranking = attributeList(view, 'ai.ranking')?.map(jsonOf);
  if (documents === undefined || ranking === undefined) return undefined;
  const offered = documentsOf(documents);
  const kept = ranking.flatMap((entry) => {
    const fields = isObject(entry) ? (entry as Fields) : {};
    const index = numberOf(fields.originalIndex ?? fields.index ?? entry);
    const document = index === undefined ? undefined : offered[index];
    if (document === undefined) return [];
    return [{ ...document, score: numberOf(fields.score ?? fields.relevanceScore) }];
  });
  return ranked(offered, kept, undefined);
}

/** A retriever's output: a list of objects with a text or a score, alone or as `documents` or `output`. */
function listOfDocuments(output: Json | undefined): Json[] | undefined {
  const value = jsonOf(output ?? null);
  const fields = isObject(value) ? (value as Fields) : {};
  const list = [value, fields.documents, fields.output].find(
    (candidate) => Array.isArray(candidate) && candidate.length > 0,
  );
  const isList = Array.isArray(list) && list.every((entry) => isObject(jsonOf(entry)));
  return isList ? list : undefined;
}

function documentsOf(entries: Json[]): Document[] {
  return entries.map((entry, place) => documentOf(jsonOf(entry), place));
}

function documentOf(entry: Json, place: number): Document {
  const outer = isObject(entry) ? (entry as Fields) : {};
  const fields = isObject(outer.document) ? (outer.document as Fields) : outer;
  const metadata = jsonOf(fields.metadata ?? null);
  const names = isObject(metadata) ? (metadata as Fields) : {};
  const own = idText(fields.id ?? fields.document_id ?? fields['document.id']);
  const named = NAMES_IN_METADATA.map((name) => idText(names[name])).find(
    (text) => text !== undefined,
  );
  const content =
    fields.content ?? fields.page_content ?? fields.text ?? fields.pageContent ?? null;
  const isRunTimeId = own !== undefined && UUID.test(own) && named !== undefined;
  const id = (isRunTimeId ? named : own) ?? named ?? contentId(content ?? entry, place);
  const score = numberOf(fields.score ?? names.relevance_score ?? names.score);
  const data = content === null && metadata === null ? null : { content, metadata };
  return { id: cut(id, MAX_ID), score, data };
}

function idText(value: Json | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** FNV-1a of the content: the same text is the same document, in every execution. */
function contentId(content: Json, place: number): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  if (text === '' || text === 'null') return `document-${place}`;
  let [high, low] = [0x811c9dc5, 0xcbf29ce4];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 0x01000193) >>> 0;
    low = Math.imul(low ^ (code + index), 0x01000193) >>> 0;
  }
  return `content-${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
}

function everySelected(documents: Document[]): CandidateSet {
  return setOf(
    documents.map((document, index) => ({ ...candidateOf(document, 'selected'), rank: index + 1 })),
  );
}

function ranked(offered: Document[], kept: Document[], topK: number | undefined): CandidateSet {
  const places = new Map(offered.map(({ id }, index) => [id, index + 1]));
  const chosen = kept.map((document, index) => {
    const previousRank = places.get(document.id);
    return {
      ...candidateOf(document, 'selected'),
      rank: index + 1,
      ...(previousRank !== undefined && { previousRank }),
    };
  });
  const ids = new Set(kept.map(({ id }) => id));
  const rejected = offered
    .filter(({ id }) => !ids.has(id))
    .map((document) => ({
      ...candidateOf(document, 'rejected'),
      reasons: [{ code: 'BELOW_TOP_K', ...(topK !== undefined && { text: `top_k ${topK}` }) }],
    }));
  const set = setOf([...chosen, ...rejected]);
  return rejected.length > 0 ? { ...set, byReason: { BELOW_TOP_K: rejected.length } } : set;
}

function candidateOf({ id, score, data }: Document, outcome: 'selected' | 'rejected'): Candidate {
  const isSmall = data !== null && JSON.stringify(data).length <= MAX_DATA;
  return { id, outcome, ...(score !== undefined && { score }), ...(isSmall && { data }) };
}

/** Counts all, keeps the detail of the first, and names the rest in the ledger. */
export function setOf(candidates: Candidate[], type = 'document'): CandidateSet {
  const byOutcome: Record<string, number> = {};
  for (const { outcome } of candidates) byOutcome[outcome] = (byOutcome[outcome] ?? 0) + 1;
  const set: CandidateSet = {
    type,
    in: candidates.length,
    out: byOutcome.selected ?? 0,
    byOutcome,
    items: candidates.slice(0, MAX_ITEMS),
  };
  if (candidates.length <= MAX_ITEMS) return set;
  const named = candidates.slice(0, MAX_LEDGER);
  const codes = [...new Set(named.flatMap(({ reasons }) => listOf(reasons).map(codeOf)))];
  return {
    ...set,
    ledger: {
      ids: named.map(({ id }) => id),
      outcomes: named.map(({ outcome }) => outcome[0]).join(''),
      reasons: codes,
      reasonIx: named.map(({ reasons }) => codes.indexOf(codeOf(reasons?.[0]))),
      scores: named.map(({ score }) => score ?? null),
    },
  };
}

function codeOf(reason: unknown): string {
  return isObject(reason) ? String(reason.code) : '';
}
