import { hash } from 'node:crypto';
import {
  FIRST_INSTANT_MS,
  assembleCase,
  parseJson,
  printQueryValue,
  stringifyJson,
  termsIn,
  type EvidencePart,
  type EvidenceQuery,
  type ExecutionEvidence,
  type RuleHistory,
  type ServerFacts,
} from '@xray/core';
import { DomainError } from '../errors.js';
import { evidencePage } from '../letters/evidence-page.js';
import { entryOf } from './cases.js';
import type { HistoryDeps } from './histories.js';
import type { LinkedExecution } from '../store/answers.js';
import type { AccessStore } from '../store/access-store.js';
import { readRuleHistory } from './rules.js';
import { MAX_LINKED_FROM, findExecution, isStale, type RecordDeps } from './read-executions.js';

/** How long before the decision its rules are followed. */
const HISTORY_MS = 90 * 86_400_000;
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
  const { accounts, executions, threads } = deps;
  const stored = await findExecution(executions, app, executionId);
  const now = deps.now();
  const server: ServerFacts = {
    receivedAt: stored.receivedAt.toISOString(),
    conflict: stored.conflict,
    stale: isStale(stored.status, stored.receivedAt.getTime(), now),
    bytes: stored.bytes,
  };
  const { explanation, rules } = await threads.run('evidence', stored.body);
  const found = await executions.readLinked(app, executionId);
  const history = found && (await ruleHistoryOf(deps, app, found.execution));
  const texts: Record<EvidencePart, string> = {
    record: stored.body,
    explanation,
    rules,
    ruleHistory: stringifyJson(history ?? null),
    linked: JSON.stringify(await linkedTo(deps, app, found)),
    audit: JSON.stringify(await auditOf(accounts, app, executionId, reader)),
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
  const { dictionary } = await accounts.readDictionary(app);
  // Made of this server's own texts, which keep every digit.
  const evidence = parseJson(json) as unknown as ExecutionEvidence;
  return evidencePage(evidence, texts, termsIn(dictionary, lang));
}

/** Null where the executions are too many to be read in time: the rest of the evidence does not depend on it. */
async function ruleHistoryOf(
  deps: HistoryDeps,
  app: string,
  execution: LinkedExecution,
): Promise<RuleHistory | null> {
  const at = Date.parse(execution.at);
  const query = {
    q: `env:${printQueryValue(execution.environment)}`,
    from: new Date(Math.max(FIRST_INSTANT_MS, at - HISTORY_MS)).toISOString(),
    to: new Date(at + 1).toISOString(),
  };
  try {
    return await readRuleHistory(deps.executions, app, execution.pipeline, query, deps.now());
  } catch (error) {
    if (error instanceof DomainError && error.code === 'too_broad') return null;
    throw error;
  }
}

async function linkedTo(
  { executions, now }: HistoryDeps,
  app: string,
  found: Awaited<ReturnType<HistoryDeps['executions']['readLinked']>>,
): Promise<ExecutionEvidence['linked']> {
  if (found === undefined) return { to: [], from: [], ended: null };
  const { execution, linked } = found;
  const entries = [execution, ...linked].map((row) => entryOf(row, true, now()));
  return {
    to: execution.links,
    from: await executions.listLinksTo(app, execution.executionId, MAX_LINKED_FROM),
    ended: assembleCase(entries).matters[0]?.ended ?? null,
  };
}

async function auditOf(
  store: AccessStore,
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
