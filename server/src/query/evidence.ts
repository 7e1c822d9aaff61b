import { hash } from 'node:crypto';
import {
  assembleCase,
  parseJson,
  termsIn,
  type EvidencePart,
  type EvidenceQuery,
  type ExecutionEvidence,
  type ServerFacts,
} from '@xray/core';
import { evidencePage } from '../letters/evidence-page.js';
import { followLinks } from './cases.js';
import type { HistoryDeps } from './histories.js';
import { MAX_LINKED_FROM, findExecution, isStale, type RecordDeps } from './read-executions.js';

/** Audit entries in a file. */
const MAX_ENTRIES = 500;

/** What the caller adds: who they are, and whether they may read the audit log. */
interface Reader {
  name: string;
  mayReadAudit: boolean;
}

/** One decision's record, explanation, rules, links and audit entries, with digests. */
export async function writeEvidence(
  deps: RecordDeps & HistoryDeps,
  app: string,
  executionId: string,
  { format, lang }: EvidenceQuery,
  reader: Reader,
): Promise<string> {
  const { store, threads } = deps;
  const stored = await findExecution(store, app, executionId);
  const now = deps.now();
  const server: ServerFacts = {
    receivedAt: stored.receivedAt.toISOString(),
    conflict: stored.conflict,
    stale: isStale(stored.status, stored.receivedAt.getTime(), now),
    bytes: stored.bytes,
  };
  const { explanation, rules } = await threads.run('evidence', stored.body);
  const texts: Record<EvidencePart, string> = {
    record: stored.body,
    explanation,
    rules,
    linked: JSON.stringify(await linkedTo(deps, app, stored.id)),
    audit: JSON.stringify(await auditOf(deps, app, executionId, reader)),
  };
  const digests = Object.fromEntries(
    Object.entries(texts).map(([part, text]) => [part, hash('sha256', text, 'hex')]),
  );
  const facts = {
    format: 'xray-evidence/1',
    app,
    executionId,
    madeAt: new Date(now).toISOString(),
    madeBy: reader.name,
    server,
  };
  const parts = Object.entries(texts).map(([part, text]) => `${JSON.stringify(part)}:${text}`);
  const json = `${JSON.stringify(facts).slice(0, -1)},${parts.join(',')},"digests":${JSON.stringify(digests)}}\n`;
  if (format === 'json') return json;
  const { dictionary } = await store.readDictionary(app);
  // Made of this server's own texts, which keep every digit.
  const evidence = parseJson(json) as unknown as ExecutionEvidence;
  return evidencePage(evidence, texts, termsIn(dictionary, lang));
}

async function linkedTo(
  deps: HistoryDeps,
  app: string,
  id: number,
): Promise<ExecutionEvidence['linked']> {
  const now = deps.now();
  const rows = await deps.store.listLinked([id]);
  const [own] = rows;
  const { linked } = await followLinks(deps, app, rows);
  const entries = [...rows, ...linked].map(({ summary, links }) => ({
    summary: {
      ...summary,
      stale: isStale(summary.status, Date.parse(summary.receivedAt), now),
    },
    about: true,
    links,
  }));
  return {
    to: own?.links ?? [],
    from:
      own === undefined
        ? []
        : await deps.store.listLinksTo(app, own.summary.executionId, MAX_LINKED_FROM),
    ended: assembleCase(entries).matters[0]?.ended ?? null,
  };
}

async function auditOf(
  { store }: HistoryDeps,
  app: string,
  executionId: string,
  { mayReadAudit }: Reader,
): Promise<ExecutionEvidence['audit']> {
  if (!mayReadAudit) return { withheld: true, entries: [], more: false };
  const entries = await store.listAudit({
    app,
    target: executionId,
    actor: undefined,
    action: undefined,
    before: undefined,
    limit: MAX_ENTRIES + 1,
  });
  return {
    withheld: false,
    entries: entries.slice(0, MAX_ENTRIES),
    more: entries.length > MAX_ENTRIES,
  };
}
