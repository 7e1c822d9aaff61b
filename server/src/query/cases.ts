import {
  FIRST_INSTANT_MS,
  LAST_INSTANT_MS,
  assembleCase,
  type Case,
  type CaseEntry,
  type CaseQuery,
  type SuggestQuery,
  type Suggestion,
  type Suggestions,
} from '@xray/core';
import { keyOfName, type Name } from '../segments/names.js';
import type { LinkedExecution } from '../store/cases.js';
import type { SearchRange } from '../store/search-store.js';
import { notSearchedOf, type HistoryDeps } from './histories.js';
import { instantOf } from './range.js';
import { isStale } from './read-executions.js';

/** Executions that a case lists: the newest about the subject, then what is linked to them. */
const MAX_ABOUT = 200;
const MAX_LINKED = 100;
/** Links are followed so far: the appeal against the review of a retry is three away. */
const MAX_STEPS = 4;

/** Every execution about a subject, with those that links connect to it. */
export async function readCase(
  deps: HistoryDeps,
  app: string,
  subject: { type: string; id: string },
  query: Pick<CaseQuery, 'from' | 'to'>,
): Promise<Case> {
  const { store, search } = deps;
  const now = deps.now();
  const written = `${subject.type}/${subject.id}`;
  const range = wholeRange(app, query);
  const { found, left } = await search.findFact(range, 'subject', '', written);
  const ids = [...new Set(found.ids)];
  const { executions, newest } = await store.findAbout(app, ids, subject, MAX_ABOUT);
  const about = await store.listLinked(newest);
  const { linked, more } = await followLinks(deps, app, about);
  const entryOf =
    (isAbout: boolean) =>
    (row: LinkedExecution): CaseEntry => {
      const { summary, links } = row;
      const stale = isStale(summary.status, Date.parse(summary.receivedAt), now);
      return { summary: { ...summary, stale }, about: isAbout, links };
    };
  const isAlsoAbout = ({ summary }: LinkedExecution): boolean =>
    summary.subjects.some(({ type, id }) => type === subject.type && id === subject.id);
  const alsoAbout = linked.filter(isAlsoAbout).length;
  return {
    ...subject,
    executions,
    ...assembleCase([
      ...about.map(entryOf(true)),
      ...linked.map((row) => entryOf(isAlsoAbout(row))(row)),
    ]),
    // A linked execution may be too new to be among the counted ones.
    more: Math.max(0, executions - newest.length - alsoAbout) + more,
    notSearched: notSearchedOf(left),
  };
}

/** The executions that links lead to, in both directions. `more` counts those beyond the limit, as far as seen. */
export async function followLinks(
  { store }: Pick<HistoryDeps, 'store'>,
  app: string,
  about: LinkedExecution[],
): Promise<{ linked: LinkedExecution[]; more: number }> {
  const known = new Set(about.map(({ id }) => id));
  const linked: LinkedExecution[] = [];
  let last = about;
  let more = 0;
  for (let step = 0; step < MAX_STEPS && last.length > 0; step++) {
    const near = await store.findNeighbours(app, {
      executionIds: last.map(({ summary }) => summary.executionId),
      targets: [...new Set(last.flatMap(({ links }) => links.map((link) => link.executionId)))],
      limit: MAX_ABOUT + MAX_LINKED,
    });
    const fresh = near.filter((id) => !known.has(id));
    const taken = fresh.slice(0, MAX_LINKED - linked.length);
    more += fresh.length - taken.length;
    for (const id of taken) known.add(id);
    last = await store.listLinked(taken);
    linked.push(...last);
  }
  return { linked, more };
}

/** Subjects and candidates whose ids begin with a prefix, those that no segment has yet among them. */
export async function suggestNames(
  { store, search }: HistoryDeps,
  app: string,
  { prefix, kind, limit }: SuggestQuery,
): Promise<Suggestions> {
  const key = keyOfName(prefix.trim());
  if (key === '') return { prefix, items: [] };
  const stored = await store.suggest(app, { key, kind, limit });
  const recent = await search.recentNames(wholeRange(app, {}));
  const isMeant = (name: Name): boolean =>
    name.key.startsWith(key) && (kind === undefined || name.kind === kind);
  const items = new Map<string, Suggestion>();
  for (const suggestion of [...stored, ...recent.filter(isMeant).map(suggestionOf)]) {
    const place = `${suggestion.kind}\n${suggestion.type}\n${suggestion.id}`;
    const known = items.get(place);
    if (known === undefined || known.at < suggestion.at) items.set(place, suggestion);
  }
  const sorted = [...items.values()].sort(inOrder);
  const isWithin = (kindOfItem: Suggestion['kind']): Suggestion[] =>
    sorted.filter((item) => item.kind === kindOfItem).slice(0, limit);
  return { prefix, items: [...isWithin('subject'), ...isWithin('candidate')] };
}

function suggestionOf({ kind, type, id, at }: Name): Suggestion {
  return { kind, type, id, at: new Date(at).toISOString() };
}

/** The order is the same as in the store: byte by byte. */
function inOrder(a: Suggestion, b: Suggestion): number {
  return (
    Buffer.compare(Buffer.from(keyOfName(a.id)), Buffer.from(keyOfName(b.id))) ||
    Buffer.compare(Buffer.from(`${a.type}\n${a.id}`), Buffer.from(`${b.type}\n${b.id}`))
  );
}

function wholeRange(app: string, { from, to }: Pick<CaseQuery, 'from' | 'to'>): SearchRange {
  return {
    app,
    from: instantOf(from)?.getTime() ?? FIRST_INSTANT_MS,
    to: instantOf(to)?.getTime() ?? LAST_INSTANT_MS,
  };
}
