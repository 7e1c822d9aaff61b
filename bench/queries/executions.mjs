// A month of four pipelines, about 4 KB of JSON per execution with five steps. 1 % of the product
// selections have thousands of candidates. Each execution is generated from its number alone, so questions
// know which values exist.
import { APP } from '../ingest/server.mjs';

export const MONTH = { from: '2026-10-01T00:00:00.000Z', to: '2026-10-31T00:00:00.000Z' };
/** The last seven days of the month. */
export const WEEK = { from: '2026-10-24T00:00:00.000Z', to: MONTH.to };

const FROM_MS = Date.parse(MONTH.from);
const DAY_MS = 86_400_000;
const DAYS = 30;
/** One of this many executions has the rare value. */
const RARELY = 20_000;
const MANY_CANDIDATES = 3_000;
const PRODUCTS = 50_000;
const RULES = ['min_score', 'max_dti', 'min_income', 'max_amount', 'employment'];
/** One of this many loans is the review of an earlier one, and one of this many prices has the busy subject. */
const REVIEW_EVERY = 50;
const BUSY_EVERY = 20;
const CAUSES = ['PRICE_MAX', 'OUT_OF_STOCK', 'TOO_SLOW', 'LOW_RATING'];
/** Index of the first execution with each rare value. The others follow at equal distances. */
const RARE = { word: 11, chinese: 23, arabic: 37, tag: 41, metadata: 53 };

export const WORDS = {
  common: 'income',
  rare: 'quicksilver',
  chinese: '極光',
  arabic: 'استثنائي',
};

/** @returns {object} the snapshot with this index, of `total` in the month */
export function makeExecution(index, total) {
  const random = randomFrom(index);
  const day = Math.floor((index / total) * DAYS);
  const kind = random();
  const make = kind < 0.4 ? loan : kind < 0.7 ? selection : kind < 0.9 ? moderation : pricing;
  const made = make(index, random, day);
  const startedAt = new Date(FROM_MS + (index / total) * DAYS * DAY_MS).toISOString();
  const failed = random() < 0.01;
  const steps = made.steps.map((step, sequence) => ({
    sequence,
    status: 'completed',
    durationMs: Number((1 + 40 * random() ** 3).toFixed(3)),
    ...step,
  }));
  if (failed) {
    const error = { type: 'TimeoutError', message: 'the bureau did not answer within 2 s' };
    Object.assign(steps[1], { status: 'failed', error });
  }
  return {
    schemaVersion: 1,
    executionId: executionIdOf(index),
    revision: 1,
    instanceId: `instance-${index % 8}`,
    appId: APP,
    environment: random() < 0.95 ? 'prod' : 'staging',
    versions: { code: `2.${Math.floor(day / 10)}.0`, ruleset: rulesetOf(day) },
    status: failed ? 'failed' : 'completed',
    startedAt,
    durationMs: Number(steps.reduce((sum, step) => sum + step.durationMs, 0.5).toFixed(3)),
    tags: [
      ...(random() < 0.05 ? ['vip'] : []),
      ...(random() < 0.2 ? ['batch'] : []),
      ...(isRare(index, RARE.tag) ? ['audit-2026'] : []),
    ],
    metadata: {
      region: pick(random, ['eu', 'eu', 'us', 'apac']),
      channel: pick(random, ['web', 'app', 'branch']),
      request: caseOf(index),
      ...(isRare(index, RARE.metadata) && { campaign: 'spring-sale' }),
    },
    ...made,
    steps,
  };
}

export function executionIdOf(index) {
  return `0197f7a0-7e3c-7cc3-98c4-${index.toString(16).padStart(12, '0')}`;
}

/** A value that only one execution has. */
export function caseOf(index) {
  return `case-${Math.imul(index + 1, 0x9e3779b1) >>> 0}`;
}

export function subjectOf(index) {
  return `a-${index % 300_000}`;
}

/** A subject with one of a hundred executions. */
export const BUSY = { type: 'merchant', id: 'm-1' };

/** The most popular products have the lowest numbers. */
export function productOf(number) {
  return `B0${number.toString(36).toUpperCase().padStart(6, '0')}`;
}

export function rulesetOf(day) {
  return `r${40 + Math.floor(day / 3)}`;
}

/** From r47 on the ruleset allows less debt. The comparison of cohorts should find this. */
function loan(index, random, day) {
  const score = Math.round(560 + 180 * random());
  const dti = Number((0.1 + 0.4 * random() * random() + 0.1 * random()).toFixed(3));
  const values = {
    min_score: [score, '>=', 600],
    max_dti: [dti, '<=', day >= 21 ? 0.3 : 0.42],
    min_income: [Math.round(20_000 + 60_000 * random()), '>=', 24_000],
    max_amount: [Math.round(1_000 + 40_000 * random()), '<=', 40_000],
    employment: [Math.round(12 * random()), '>=', 1],
  };
  const rules = RULES.map((id) => {
    const [actual, op, threshold] = values[id];
    const passes = op === '>=' ? actual >= threshold : actual <= threshold;
    return { id, op, actual, threshold, effect: 'reject', result: passes ? 'pass' : 'fail' };
  });
  const first = rules.find(({ result }) => result === 'fail');
  return {
    pipeline: 'loan-approval',
    subjects: [{ type: 'applicant', id: subjectOf(index), person: true }],
    input: {
      applicant: subjectOf(index),
      purpose: pick(random, ['car', 'home', 'studies']),
      score,
    },
    decision: {
      outcome: first ? 'declined' : 'approved',
      adverse: first !== undefined,
      score,
      ...(first && { reasons: [{ code: first.id.toUpperCase(), ruleId: first.id }] }),
    },
    ...(index > REVIEW_EVERY &&
      index % REVIEW_EVERY === 0 && {
        links: [{ executionId: executionIdOf(index - REVIEW_EVERY + 1), relation: 'review_of' }],
      }),
    steps: [
      { name: 'fetch_applicant', kind: 'retrieve', output: document(index, random) },
      { name: 'credit_score', kind: 'model', output: { score }, reasoning: prose(random) },
      ...(random() < 0.3
        ? [{ name: 'manual_check', kind: 'human', reasoning: prose(random) }]
        : []),
      { name: 'rules', kind: 'rules', rules, reasoning: prose(random) },
      { name: 'decide', kind: 'decide', reasoning: noteOf(index, random) },
    ],
  };
}

function selection(index, random) {
  const many = random() < 0.01 ? MANY_CANDIDATES : 30;
  const ids = [
    ...new Set(Array.from({ length: many }, () => productOf(Math.floor(PRODUCTS * random() ** 4)))),
  ];
  const reasonIx = ids.map(() => (random() < 0.8 ? Math.floor(CAUSES.length * random()) : -1));
  const kept = ids.filter((_, i) => reasonIx[i] === -1);
  const scores = ids.map(() => Number(random().toFixed(3)));
  const best = kept[0];
  return {
    pipeline: 'product-selection',
    subjects: [{ type: 'customer', id: subjectOf(index), person: true }],
    input: { query: prose(random).slice(0, 60), limit: 10 },
    decision: { outcome: best ? 'selected' : 'nothing', ...(best && { score: 0.5 }) },
    steps: [
      { name: 'search', kind: 'retrieve', output: { found: ids.length }, reasoning: prose(random) },
      {
        name: 'filters',
        kind: 'filter',
        candidates: {
          type: 'product',
          in: ids.length,
          out: kept.length,
          byOutcome: { kept: kept.length, rejected: ids.length - kept.length },
          byReason: countBy(reasonIx),
          items: ids
            .slice(0, 3)
            .map((id, i) => ({ id, outcome: reasonIx[i] < 0 ? 'kept' : 'rejected' })),
          ledger: {
            ids,
            outcomes: reasonIx.map((reason) => (reason < 0 ? 'k' : 'r')).join(''),
            reasons: CAUSES,
            reasonIx,
            scores,
          },
        },
      },
      { name: 'rank', kind: 'rank', output: { best: best ?? null }, reasoning: prose(random) },
      { name: 'personalise', kind: 'model', output: document(index, random) },
      { name: 'decide', kind: 'decide', reasoning: noteOf(index, random) },
    ],
  };
}

function moderation(index, random) {
  const verdict = pick(random, ['allowed', 'allowed', 'allowed', 'removed', 'escalated']);
  return {
    pipeline: 'moderation',
    subjects: [{ type: 'author', id: subjectOf(index), person: true }],
    input: { text: prose(random), language: pick(random, ['en', 'zh', 'ar', 'de']) },
    decision: {
      outcome: verdict,
      adverse: verdict === 'removed',
      ...(verdict === 'removed' && { reasons: [{ code: pick(random, ['SPAM', 'ABUSE']) }] }),
    },
    steps: [
      { name: 'fetch', kind: 'retrieve', output: document(index, random) },
      { name: 'classify', kind: 'llm', output: { verdict }, reasoning: prose(random) },
      { name: 'guard', kind: 'guard', reasoning: prose(random) },
      { name: 'appeal_check', kind: 'other', output: { appeals: 0 } },
      { name: 'decide', kind: 'decide', reasoning: noteOf(index, random) },
    ],
  };
}

function pricing(index, random) {
  const price = Number((10 + 90 * random()).toFixed(2));
  return {
    pipeline: 'pricing',
    subjects: [
      { type: 'customer', id: subjectOf(index), person: true },
      ...(index % BUSY_EVERY < 2 ? [BUSY] : []),
    ],
    input: { list: price, segment: pick(random, ['new', 'loyal']) },
    decision: { outcome: random() < 0.4 ? 'discount' : 'list_price', score: price },
    steps: ['fetch', 'forecast', 'elasticity', 'bounds', 'decide'].map((name) => ({
      name,
      kind: name === 'decide' ? 'decide' : 'transform',
      output: { price, factor: Number(random().toFixed(4)) },
      reasoning: name === 'decide' ? noteOf(index, random) : prose(random),
    })),
  };
}

/** The reasoning of the last step, with the rare values. */
function noteOf(index, random) {
  return [
    prose(random),
    ...(isRare(index, RARE.word) ? [`found ${WORDS.rare} in the file`] : []),
    ...(isRare(index, RARE.chinese) ? [`申請人提到${WORDS.chinese}計劃`] : []),
    ...(isRare(index, RARE.arabic) ? [`قرار ${WORDS.arabic} بعد المراجعة`] : []),
    ...(random() < 0.05 ? ['信用評分不足，需要人工審核'] : []),
  ].join('; ');
}

function document(index, random) {
  return {
    reference: caseOf(index),
    name: `${pick(random, ['Ana', 'Bo', 'Chen', 'Dina'])} ${word(random)}`,
    mail: `${word(random)}.${index}@example.com`,
    history: Array.from({ length: 6 }, () => ({ on: word(random), note: prose(random) })),
  };
}

const SYLLABLES = [
  'ba',
  'co',
  'di',
  'fu',
  'ge',
  'hi',
  'jo',
  'ku',
  'la',
  'mo',
  'ne',
  'pi',
  'qua',
  'ro',
];

/** One of about 38,000 words. The first ones occur most often, as in natural text. */
function word(random) {
  let number = Math.floor(14 ** 4 * random() ** 3);
  let made = '';
  do {
    made += SYLLABLES[number % SYLLABLES.length];
    number = Math.floor(number / SYLLABLES.length);
  } while (number > 0);
  return made;
}

function prose(random) {
  const words = Array.from({ length: 14 }, () => word(random));
  return `Looked at ${random() < 0.4 ? 'the income and' : 'the file and'} ${words.join(' ')}.`;
}

function countBy(reasonIx) {
  const counts = {};
  for (const index of reasonIx) {
    if (index >= 0) counts[CAUSES[index]] = (counts[CAUSES[index]] ?? 0) + 1;
  }
  return counts;
}

function isRare(index, first) {
  return index % RARELY === first;
}

function pick(random, values) {
  return values[Math.floor(values.length * random())];
}

/** mulberry32, by Tommy Ettinger (public domain). */
function randomFrom(seed) {
  let state = Math.imul(seed + 1, 0x85ebca6b) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
