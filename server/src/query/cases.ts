import {
  assembleCase,
  type Case,
  type CaseEntry,
  type CaseQuery,
  type SuggestQuery,
  type Suggestions,
} from '@xray/core';
import type { LinkedExecution } from '../store/answers.js';
import type { ExecutionStore } from '../store/execution-store.js';
import type { HistoryDeps } from './histories.js';
import { instantOf } from './range.js';
import { withStale } from './read-executions.js';

/** Every execution about a subject, with those that links connect to it. */
export async function readCase(
  { executions: store, now }: HistoryDeps,
  app: string,
  subject: { type: string; id: string },
  query: Pick<CaseQuery, 'from' | 'to'>,
): Promise<Case> {
  const range = { app, from: instantOf(query.from), to: instantOf(query.to) };
  const { executions, about, linked, more, notSearched } = await store.readCase({
    ...range,
    subject,
  });
  return {
    ...subject,
    executions,
    ...assembleCase([
      ...about.map((row) => entryOf(row, true, now())),
      ...linked.map(({ isAbout, ...row }) => entryOf(row, isAbout, now())),
    ]),
    more,
    notSearched,
  };
}

export function entryOf(
  { links, ...execution }: LinkedExecution,
  about: boolean,
  now: number,
): CaseEntry {
  return { summary: withStale(execution, now), about, links };
}

/** Subjects and candidates whose ids begin with a prefix. */
export async function suggestNames(
  store: ExecutionStore,
  app: string,
  query: SuggestQuery,
): Promise<Suggestions> {
  return { prefix: query.prefix, items: await store.suggest(app, query) };
}
