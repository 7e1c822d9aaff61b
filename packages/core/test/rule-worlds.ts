import type { ObservedRun, RuleSetting, SettingBlock } from '../src/index.js';
import { randomFrom } from './planted.js';

/**
 * The kinds of change that a test world can contain. `World.truth.by` says how a change arrives: with a new
 * version for all executions, with a version for some, or without a new version.
 */
export const PLANTS = ['threshold', 'op', 'effect', 'order', 'new', 'removed', 'step'] as const;
export type Plant = (typeof PLANTS)[number];

export interface World {
  runs: ObservedRun[];
  /** The first run that shows the old setting again. */
  backFrom: number | undefined;
  truth:
    | { plant: Plant; from: unknown; to: unknown; at: number; by: 'version' | 'rollout' | 'time' }
    | undefined;
}

const START = Date.parse('2026-11-23T00:00:00Z');

/**
 * Makes decisions of a lender in two environments. Every world has noise: tiers that depend on a drifting
 * amount, a threshold that differs each time, occasional overrides, rules for some applicants only, checks
 * in any order, a rule set that stops at the first failure, and a release without changes of rules. If it is rolled
 * back, the old version returns halfway between the change and the end.
 */
export function world(
  seed: number,
  plant: Plant | undefined,
  { isRolledBack = false } = {},
): World {
  const random = randomFrom(seed);
  const pick = <T>(...values: [T, ...T[]]): T =>
    values[Math.floor(random() * values.length)] ?? values[0];
  const count = 200 + Math.floor(random() * 500);
  const drawn = pick('version', 'version', 'rollout', 'time');
  const by = isRolledBack ? 'version' : drawn;
  const changeAt = Math.floor(count * (0.25 + 0.5 * random()));
  const backAt = changeAt + Math.floor((count - changeAt) * 0.5);
  const releaseAt = Math.floor(count * (0.2 + 0.6 * random()));
  const share = by === 'rollout' ? 0.3 + 0.5 * random() : 1;
  const [oldLimit, newLimit] = [0.43, Number((0.3 + 0.1 * random()).toFixed(2))];
  let walk = 20_000;
  let truth: World['truth'];
  let backFrom: number | undefined;
  const runs: ObservedRun[] = [];
  for (let index = 0; index < count; index++) {
    walk = Math.max(5_000, walk + (random() - 0.5) * 4_000);
    const amount = walk + (random() - 0.5) * 15_000;
    const environment = random() < 0.85 ? 'prod' : 'staging';
    const isProd = environment === 'prod';
    const isOver = isRolledBack && index >= backAt;
    const isNew = isProd && plant !== undefined && index >= changeAt && !isOver && random() < share;
    const at = START + index * 60_000;
    const limit: RuleSetting = {
      id: 'max_dti',
      op: isNew && plant === 'op' ? '<' : '<=',
      threshold: isNew && plant === 'threshold' ? newLimit : oldLimit,
      effect: isNew && plant === 'effect' ? 'refer' : 'reject',
    };
    const tier: RuleSetting = {
      id: 'max_amount',
      op: '<=',
      threshold: amount > 30_000 ? 60_000 : amount > 15_000 ? 40_000 : 20_000,
    };
    const income: RuleSetting = { id: 'min_income', op: '>=', threshold: Math.round(amount * 0.4) };
    const score: RuleSetting = {
      id: 'min_score',
      op: '>=',
      threshold: random() < 0.02 ? 600 : 660,
    };
    const rules = isNew && plant === 'order' ? [limit, score, tier] : [score, limit, tier];
    if (random() < 0.15) rules.push({ id: 'guarantor', op: '==', threshold: true });
    if (isNew && plant === 'new') rules.push({ id: 'max_age', op: '<=', threshold: 75 });
    if (!(isNew && plant === 'removed'))
      rules.splice(3, 0, { id: 'residence', op: 'in', threshold: ['DE', 'AT'] });
    rules.push(income);
    const stopped = random() < 0.3;
    const asked = stopped ? rules.slice(0, 1 + Math.floor(random() * rules.length)) : rules;
    const checks = ['kyc', 'sanctions', 'fraud'].sort(() => random() - 0.5).map((id) => ({ id }));
    const blocks: SettingBlock[] = [
      { step: 'rules', rules: asked },
      { step: 'checks', rules: checks },
    ];
    const hasStep = isNew && plant === 'step';
    const steps = [
      'fetch',
      ...(random() < 0.2 ? ['ask_again'] : []),
      'rules',
      'checks',
      ...(hasStep ? ['second_opinion'] : []),
      'decide',
    ];
    const fails = stopped ? [asked.at(-1)?.id ?? ''] : [];
    runs.push({
      at,
      environment,
      versions: {
        host: `web-${Math.floor(random() * 4)}`,
        code: index >= releaseAt ? '1.5.0' : '1.4.2',
        ...(by !== 'time' && { ruleset: isNew ? 'r42' : 'r41' }),
      },
      steps,
      blocks,
      failed: fails,
      decisive: fails,
      completed: true,
    });
    const shows = {
      threshold: asked.includes(limit),
      op: asked.includes(limit),
      effect: asked.includes(limit),
      order: asked.length >= 2,
      new: asked.some(({ id }) => id === 'max_age'),
      removed: !stopped,
      step: true,
    };
    if (isNew && truth === undefined && plant !== undefined && shows[plant]) {
      truth = { plant, ...truths(plant, { oldLimit, newLimit }), at, by };
    }
    if (isProd && isOver && truth !== undefined && backFrom === undefined && shows.threshold) {
      backFrom = at;
    }
  }
  return { runs, truth, backFrom };
}

function truths(
  plant: Plant,
  limits: { oldLimit: number; newLimit: number },
): { from: unknown; to: unknown } {
  switch (plant) {
    case 'threshold':
      return { from: limits.oldLimit, to: limits.newLimit };
    case 'op':
      return { from: '<=', to: '<' };
    case 'effect':
      return { from: 'reject', to: 'refer' };
    case 'new':
    case 'step':
      return { from: false, to: true };
    case 'removed':
      return { from: true, to: false };
    case 'order':
      return { from: ['score', 'limit'], to: ['limit', 'score'] };
  }
}
