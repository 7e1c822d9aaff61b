// The questions, with different values each time, and their targets.
import { APP } from '../ingest/server.mjs';
import {
  BUSY,
  MONTH,
  WEEK,
  WORDS,
  caseOf,
  executionIdOf,
  productOf,
  rulesetOf,
  subjectOf,
} from './executions.mjs';

const HALVES = {
  aFrom: MONTH.from,
  aTo: '2026-10-16T00:00:00.000Z',
  bFrom: '2026-10-16T00:00:00.000Z',
  bTo: MONTH.to,
};
const WHOLE = { aFrom: MONTH.from, aTo: MONTH.to, bFrom: MONTH.from, bTo: MONTH.to };
/** One page of a search, newest first. */
const search = (q) => page('executions', { q, ...WEEK });

/**
 * @param {number} total number of executions
 * @returns {{ name: string, targetMs: number, ask: (nth: number) => string, first?: string, readsMuch?: boolean }[]}
 * `ask` returns the path for the n-th request; the cursor of the page `first` replaces `{cursor}` in it. A question
 * that `readsMuch` may scan a table
 */
export function questions(total, group) {
  return group === 'decisions' ? aboutDecisions(total) : aboutExecutions(total);
}

/** Rule history, rates, cases and suggestions, for the people who answer for decisions. */
function aboutDecisions(total) {
  const any = (nth) => Math.floor((nth * 0.618034 * total) % total);
  const loan = 'pipelines/loan-approval';
  const suggest = (prefix, kind) => page('suggest', { prefix, ...(kind && { kind }) });
  return [
    { name: 'rule history, month', targetMs: 500, ask: () => page(`${loan}/rules`, MONTH) },
    {
      name: 'rule history under a filter, month',
      targetMs: 500,
      ask: (nth) =>
        page(`${loan}/rules`, { q: `metadata.region:${['eu', 'us', 'apac'][nth % 3]}`, ...MONTH }),
    },
    {
      name: 'list: a threshold, month',
      targetMs: 50,
      ask: () => page('executions', { q: 'rule.max_dti.threshold:0.42', ...MONTH }),
    },
    { name: 'rates, month', targetMs: 500, ask: () => page(loan, MONTH) },
    {
      name: 'rates of an environment, month',
      targetMs: 500,
      ask: () => page(loan, { q: 'env:staging', ...MONTH }),
    },
    {
      name: 'groups: before and after a release, month',
      targetMs: 500,
      ask: () =>
        page('cohorts', {
          a: `pipeline:loan-approval version.ruleset:${rulesetOf(20)}`,
          b: `pipeline:loan-approval version.ruleset:${rulesetOf(21)}`,
          ...WHOLE,
        }),
    },
    {
      name: 'case, all time',
      targetMs: 50,
      ask: (nth) => page(`subjects/applicant/${subjectOf(any(nth))}/case`),
    },
    {
      name: 'case of a busy subject, all time',
      targetMs: 50,
      // It is in every block of the index, so its first look-up reads them all.
      readsMuch: true,
      ask: () => page(`subjects/${BUSY.type}/${BUSY.id}/case`),
    },
    { name: 'suggest: two letters', targetMs: 50, ask: (nth) => suggest(['a-', 'B0'][nth % 2]) },
    {
      name: 'suggest: most of an id',
      targetMs: 50,
      ask: (nth) => suggest(subjectOf(any(nth)).slice(0, 5)),
    },
    {
      name: 'suggest: a candidate',
      targetMs: 50,
      ask: (nth) => suggest(productOf(nth * 977).slice(0, 6), 'candidate'),
    },
    { name: 'suggest: no such id', targetMs: 50, ask: (nth) => suggest(`zz${nth}`) },
    {
      name: 'fairness by metadata, month',
      targetMs: 500,
      ask: () =>
        page('fairness', {
          q: 'pipeline:loan-approval',
          outcome: 'approved',
          by: 'metadata.channel',
          ...MONTH,
        }),
    },
    {
      name: 'evidence',
      targetMs: 500,
      ask: (nth) => page(`executions/${executionIdOf(any(nth))}/evidence`, { format: 'json' }),
    },
  ];
}

function aboutExecutions(total) {
  // Indexes spread over all executions. The last ones are in the week.
  const any = (nth) => Math.floor((nth * 0.618034 * total) % total);
  const late = (nth) => Math.floor(total * (0.8 + 0.19 * ((nth * 0.618034) % 1)));
  return [
    { name: 'detail', targetMs: 10, ask: (nth) => page(`executions/${executionIdOf(any(nth))}`) },
    { name: 'list: newest', targetMs: 50, ask: () => page('executions') },
    {
      name: 'list: next page',
      targetMs: 50,
      first: page('executions'),
      ask: () => `${page('executions')}?cursor={cursor}`,
    },
    { name: 'list: a pipeline', targetMs: 50, ask: () => search('pipeline:pricing') },
    { name: 'list: failed', targetMs: 50, ask: () => search('status:failed') },
    {
      name: 'list: rare tag, month',
      targetMs: 50,
      ask: () => page('executions', { q: 'tag:audit-2026', ...MONTH }),
    },
    {
      name: 'list: rare metadata, month',
      targetMs: 50,
      ask: () => page('executions', { q: 'metadata.campaign:spring-sale', ...MONTH }),
    },
    {
      name: 'list: one metadata value, month',
      targetMs: 50,
      ask: (nth) => page('executions', { q: `metadata.request:${caseOf(any(nth))}`, ...MONTH }),
    },
    { name: 'facets, week', targetMs: 350, ask: () => page('facets', WEEK) },
    { name: 'histogram, week', targetMs: 350, ask: () => page('histogram', WEEK) },
    {
      name: 'why not: popular candidate, week',
      targetMs: 50,
      ask: (nth) => page(`candidates/${productOf(nth % 20)}`, WEEK),
    },
    {
      name: 'why not: rare candidate, week',
      targetMs: 50,
      ask: (nth) => page(`candidates/${productOf(40_000 + 7 * nth)}`, WEEK),
    },
    {
      name: 'subject, week',
      targetMs: 50,
      ask: (nth) => page(`subjects/applicant/${subjectOf(late(nth))}`, WEEK),
    },
    { name: 'search: rare word, week', targetMs: 50, ask: () => search(WORDS.rare) },
    { name: 'search: Chinese, week', targetMs: 50, ask: () => search(WORDS.chinese) },
    { name: 'search: Arabic, week', targetMs: 50, ask: () => search(WORDS.arabic) },
    { name: 'search: an id, week', targetMs: 50, ask: (nth) => search(caseOf(late(nth))) },
    { name: 'search: no such word, week', targetMs: 50, ask: (nth) => search(`xylograph${nth}`) },
    { name: 'search: common word, week', targetMs: 300, ask: () => search(WORDS.common) },
    { name: 'pipelines, month', targetMs: 500, ask: () => page('pipelines', MONTH) },
    { name: 'overview, month', targetMs: 500, ask: () => page('pipelines/loan-approval', MONTH) },
    {
      name: 'funnel, month',
      targetMs: 500,
      ask: () => page('pipelines/loan-approval/funnel', MONTH),
    },
    {
      name: 'funnel of candidates, month',
      targetMs: 500,
      ask: () => page('pipelines/product-selection/funnel', MONTH),
    },
    {
      name: 'funnel under a filter, month',
      targetMs: 500,
      ask: (nth) =>
        page('pipelines/loan-approval/funnel', {
          q: `version.ruleset:${rulesetOf(nth % 30)}`,
          ...MONTH,
        }),
    },
    {
      name: 'cohorts: halves of the month',
      targetMs: 500,
      ask: () =>
        page('cohorts', { a: 'pipeline:loan-approval', b: 'pipeline:loan-approval', ...HALVES }),
    },
    {
      name: 'cohorts: two versions, month',
      targetMs: 500,
      ask: () =>
        page('cohorts', {
          a: `pipeline:loan-approval version.ruleset:${rulesetOf(18)}`,
          b: `pipeline:loan-approval version.ruleset:${rulesetOf(21)}`,
          ...WHOLE,
        }),
    },
  ];
}

function page(path, query) {
  const params = query ? `?${new URLSearchParams(query)}` : '';
  return `/api/apps/${APP}/${path}${params}`;
}
