import { z } from 'zod';
import { executionSummarySchema, type ExecutionSummary } from './api.js';
import { tableQuerySchema } from './csv.js';
import { notSearchedSchema } from './finding.js';
import { wholeNumber } from './whole-number.js';

const instant = z.iso.datetime({ offset: true });

/** A link to another execution, such as `review_of`. */
export const caseLinkSchema = z.object({ executionId: z.string(), relation: z.string() });
export type CaseLink = z.infer<typeof caseLinkSchema>;

/** The range. Without it a case covers all stored executions. */
export const caseQuerySchema = z.object({
  from: instant.optional(),
  to: instant.optional(),
  ...tableQuerySchema.shape,
});
export type CaseQuery = z.infer<typeof caseQuerySchema>;

export const caseItemSchema = executionSummarySchema.extend({
  /** Whether it decided about the subject. Other executions are here because of a link. */
  about: z.boolean(),
  links: z.array(caseLinkSchema),
  /** The index of its group in `matters`. */
  matter: z.int(),
  /** The review, override or retry whose decision replaced this one. */
  replacedBy: z.string().nullable(),
});
export type CaseItem = z.infer<typeof caseItemSchema>;

/** `decision` means that no link led to the decision. */
export const ENDED_BY = ['decision', 'review', 'override', 'retry'] as const;

/** Executions that are linked to each other. */
export const matterSchema = z.object({
  startedAt: z.string(),
  executions: z.int(),
  /** The decision in force. Null until there is a decision. */
  ended: z
    .object({
      executionId: z.string(),
      outcome: z.string(),
      adverse: z.boolean().nullable(),
      at: z.string(),
      by: z.enum(ENDED_BY),
      /** Milliseconds since the start of the matter. */
      afterMs: z.number(),
    })
    .nullable(),
});
export type Matter = z.infer<typeof matterSchema>;

/** All executions about a subject and those linked to them, the oldest first. */
export const caseSchema = z.object({
  type: z.string(),
  id: z.string(),
  /** The number of executions about the subject in the range. */
  executions: z.int(),
  matters: z.array(matterSchema),
  items: z.array(caseItemSchema),
  /** The number of executions that are not listed. */
  more: z.int(),
  notSearched: notSearchedSchema.nullable(),
});
export type Case = z.infer<typeof caseSchema>;

/** A stored execution of a case. */
export interface CaseEntry {
  summary: ExecutionSummary;
  about: boolean;
  links: CaseLink[];
}

/** The strongest relation first. An override ends a matter before any other relation. */
const REPLACING = [
  ['overrides', 'override'],
  ['review_of', 'review'],
  ['retry_of', 'retry'],
] as const;

/**
 * Groups executions by their links and finds the decision that ended each group: the newest one that no review,
 * override or retry replaced. A replay decides nothing, and a child decides only for itself.
 */
export function assembleCase(entries: CaseEntry[]): Pick<Case, 'matters' | 'items'> {
  const sorted = entries.toSorted(
    (a, b) =>
      Date.parse(a.summary.at) - Date.parse(b.summary.at) ||
      (a.summary.executionId < b.summary.executionId ? -1 : 1),
  );
  const byId = new Map(sorted.map((entry) => [entry.summary.executionId, entry]));
  const matterOf = groupsOf(sorted, byId);
  const numbers = new Map<string, number>();
  const members: CaseEntry[][] = [];
  for (const entry of sorted) {
    const root = matterOf(entry.summary.executionId);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    (members[number] ??= []).push(entry);
  }
  const replacedBy = replacementsOf(sorted, byId);
  return {
    matters: members.map((matter) => matterFrom(matter, byId, replacedBy)),
    items: sorted.map(({ summary, about, links }) => ({
      ...summary,
      about,
      links,
      matter: numbers.get(matterOf(summary.executionId)) ?? 0,
      replacedBy: replacedBy.get(summary.executionId) ?? null,
    })),
  };
}

/** Gives each execution the id of one execution that represents its group. */
function groupsOf(entries: CaseEntry[], byId: Map<string, CaseEntry>): (id: string) => string {
  const parents = new Map<string, string>();
  const rootOf = (id: string): string => {
    let root = id;
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next;
    return root;
  };
  for (const { summary, links } of entries) {
    for (const { executionId } of links) {
      if (!byId.has(executionId)) continue;
      const [root, other] = [rootOf(summary.executionId), rootOf(executionId)];
      if (root !== other) parents.set(root, other);
    }
  }
  return rootOf;
}

/** For each execution id, the newest decision that replaced its decision. */
function replacementsOf(sorted: CaseEntry[], byId: Map<string, CaseEntry>): Map<string, string> {
  const replaced = new Map<string, string>();
  for (const entry of sorted) {
    const { executionId } = entry.summary;
    if (!hasDecided(entry)) continue;
    for (const link of entry.links) {
      const isReplacing = REPLACING.some(([relation]) => relation === link.relation);
      if (!isReplacing || link.executionId === executionId) continue;
      if (byId.has(link.executionId)) replaced.set(link.executionId, executionId);
    }
  }
  return replaced;
}

function matterFrom(
  matter: CaseEntry[],
  byId: Map<string, CaseEntry>,
  replacedBy: Map<string, string>,
): Matter {
  const startedAt = matter[0]?.summary.at ?? '';
  const decided = matter.filter(hasDecided);
  const isChild = ({ links }: CaseEntry): boolean =>
    links.some(({ relation, executionId }) => relation === 'parent' && byId.has(executionId));
  const own = decided.filter((entry) => !isChild(entry));
  const deciding = own.length > 0 ? own : decided;
  const inForce = deciding.filter(({ summary }) => !replacedBy.has(summary.executionId));
  // Links in a cycle replace each other. Then the newest decision counts.
  const last = inForce.at(-1) ?? deciding.at(-1);
  const outcome = last?.summary.outcome;
  return {
    startedAt,
    executions: matter.length,
    ended:
      last === undefined || outcome === null || outcome === undefined
        ? null
        : {
            executionId: last.summary.executionId,
            outcome,
            adverse: last.summary.adverse,
            at: last.summary.at,
            by: endingOf(last, byId),
            afterMs: Date.parse(last.summary.at) - Date.parse(startedAt),
          },
  };
}

function endingOf({ links }: CaseEntry, byId: Map<string, CaseEntry>): (typeof ENDED_BY)[number] {
  const strongest = REPLACING.find(([relation]) =>
    links.some((link) => link.relation === relation && byId.has(link.executionId)),
  );
  return strongest?.[1] ?? 'decision';
}

function hasDecided({ summary, links }: CaseEntry): boolean {
  const isReplay = links.some(({ relation }) => relation === 'replay_of');
  return summary.outcome !== null && summary.status !== 'running' && !isReplay;
}

/** Shorter prefixes would match nearly every id. */
export const MIN_PREFIX = 2;

export const SUGGESTED_KINDS = ['subject', 'candidate'] as const;

export const suggestQuerySchema = z.object({
  prefix: z.string().min(MIN_PREFIX).max(256),
  kind: z.enum(SUGGESTED_KINDS).optional(),
  /** The maximum number of suggestions of each kind. */
  limit: wholeNumber(1, 20).default(8),
});
export type SuggestQuery = z.infer<typeof suggestQuerySchema>;

export const suggestionSchema = z.object({
  kind: z.enum(SUGGESTED_KINDS),
  /** The type of a subject, or '' for a candidate. */
  type: z.string(),
  id: z.string(),
  /** The time of an execution with this id, accurate to about a day. */
  at: z.string(),
});
export type Suggestion = z.infer<typeof suggestionSchema>;

/** Subjects and candidates whose id begins with the prefix, ignoring case and accents. */
export const suggestionsSchema = z.object({
  prefix: z.string(),
  items: z.array(suggestionSchema),
});
export type Suggestions = z.infer<typeof suggestionsSchema>;
