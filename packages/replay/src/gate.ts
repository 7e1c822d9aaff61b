import {
  matchesQuery,
  parseQuery,
  factsOf,
  type QueryNode,
  type Snapshot as CoreSnapshot,
} from '@xray/core';
import type { Snapshot } from '@xray/sdk';
import type { GateRule } from '@xray/sdk/replay';
import type { GateOutcome, ReportedResult } from './report.js';
import { UsageError } from './usage-error.js';

/** A gate rule that is ready to count. */
export interface OpenGate {
  readonly rule: GateRule;
  /** Whether the rule's filter finds an execution. Filters with words find nothing. */
  finds(snapshot: Snapshot): boolean;
}

const ARROW = /^(.+?)(?:→|->)(.+)$/;

/** Throws UsageError for a rule that cannot be read. */
export function openGate(rule: GateRule): OpenGate {
  const { what, max, where } = rule;
  if (what !== 'flips' && what !== 'moved' && !ARROW.test(what)) {
    throw new UsageError(`gate: "what" is "${what}"; write flips, moved or approved→declined`);
  }
  if (typeof limitOf(max) !== 'number') {
    throw new UsageError(`gate: "max" is "${String(max)}"; write a number or a share such as 1%`);
  }
  const filter = where === undefined ? undefined : filterOf(where);
  return { rule, finds: (snapshot) => filter === undefined || matches(filter, snapshot) };
}

/** Judges a rule over the results whose execution its filter finds. */
export function judge({ rule }: OpenGate, within: readonly ReportedResult[]): GateOutcome {
  const decided = within.filter(({ verdict }) => isDecided(verdict));
  const hits = decided.filter((result) => isHit(rule.what, result));
  const isShare = typeof rule.max === 'string' && rule.max.trim().endsWith('%');
  const found = isShare
    ? decided.length === 0
      ? 0
      : weightOf(hits) / weightOf(decided)
    : hits.length;
  return { ...rule, found, holds: found <= (limitOf(rule.max) ?? 0) };
}

export function isDecided(verdict: ReportedResult['verdict']): boolean {
  return verdict === 'same' || verdict === 'moved' || verdict === 'flipped';
}

export function weightOf(results: readonly { weight: number }[]): number {
  return results.reduce((sum, { weight }) => sum + weight, 0);
}

function isHit(what: string, { verdict, was, is }: ReportedResult): boolean {
  if (what === 'flips') return verdict === 'flipped';
  if (what === 'moved') return verdict === 'moved';
  const [, from, to] = ARROW.exec(what) ?? [];
  return (was.outcome ?? 'none') === from?.trim() && (is?.outcome ?? 'none') === to?.trim();
}

function limitOf(max: number | string): number | undefined {
  if (typeof max === 'number') return max >= 0 ? max : undefined;
  const [, digits] = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(max) ?? [];
  return digits === undefined ? undefined : Number(digits) / 100;
}

function filterOf(where: string): QueryNode {
  const parsed = parseQuery(where);
  if (parsed.ok) return parsed.query;
  throw new UsageError(`gate: the filter "${where}" cannot be read: ${parsed.error.message}`);
}

function matches(filter: QueryNode, snapshot: Snapshot): boolean {
  const facts = factsOf(snapshot as unknown as CoreSnapshot);
  const at = Date.parse(snapshot.startedAt ?? '') || 0;
  return matchesQuery(
    filter,
    { ...facts, conflict: false, at },
    { now: Date.now(), hasCandidate: () => false, hasText: () => false },
  );
}
