import { stringifyJson, type Json } from './exact-json.js';
import {
  SETTING_FIELDS,
  settingValue,
  type RuleSetting,
  type SettingField,
} from './rule-settings.js';
import {
  presenceByTime,
  shiftsByTime,
  shiftsWithVersion,
  type Point,
  type Shift,
} from './shifts.js';

/**
 * The rules that one step of an execution evaluated, in order. Executions with equal rules share the
 * object.
 */
export interface SettingBlock {
  step: string;
  rules: RuleSetting[];
}

/** The part of an execution that is needed to find changes of rules. */
export interface ObservedRun {
  /** Milliseconds since the epoch. */
  at: number;
  environment: string;
  versions: Record<string, string>;
  /** The names of the steps that ran, in order. */
  steps: readonly string[];
  blocks: SettingBlock[];
  /** Ids of the rules that failed, and of the rules that decided. */
  failed: readonly string[];
  decisive: readonly string[];
  completed: boolean;
}

/**
 * A change of a rule, or of a step if `rule` is null. A change of a rule has a `step` only if several steps
 * evaluate the rule.
 */
export interface FoundChange {
  rule: string | null;
  step: string | null;
  field: SettingField | 'presence' | 'order';
  /** `presence` is true or false, `order` is a list of names. Several values form a list. */
  from: Json;
  to: Json;
  environment: string;
  /** The start of the first run after the change, in ms since the epoch. */
  at: number;
  /** The versions that were first seen with the change. */
  versions: Record<string, string>;
  /** Whether the change goes with a new version, or only with a time. */
  evidence: 'version' | 'time';
  /** Whether only some of the rule's values changed, while others stayed. */
  isPartial: boolean;
  /** Whether a run of the environment shows the new state. */
  isAfter: (run: ObservedRun) => boolean;
}

const MAX_VERSION_KEYS = 10;
/** A few late executions may still show the old value. */
const LATE_RUNS = 2;
/** If more pairs than this occur in both orders, the names have no fixed order. */
const MAX_PAIRS = 300;

/** Finds the changes of rules and steps in runs that are sorted by time, the earliest first. */
export function findRuleChanges(runs: readonly ObservedRun[]): FoundChange[] {
  const environments = new Set(runs.map(({ environment }) => environment));
  const found = [...environments].flatMap((environment) => {
    const timeline = new Timeline(
      runs.filter((run) => run.environment === environment),
      environment,
    );
    return [
      ...settingChanges(timeline),
      ...presenceChanges(timeline, 'rule'),
      ...presenceChanges(timeline, 'step'),
      ...orderChanges(timeline, 'rule'),
      ...orderChanges(timeline, 'step'),
    ];
  });
  return found.filter((change) => !variesElsewhere(change, runs)).sort((a, b) => a.at - b.at);
}

/**
 * Whether another environment shows that the value depends on the input. It may alternate between both
 * values, or have both with the version of the change. It may also have the old value with that version,
 * while other values stayed.
 */
function variesElsewhere(change: FoundChange, runs: readonly ObservedRun[]): boolean {
  const { field, from, to, evidence } = change;
  if (field === 'presence' || field === 'order') return false;
  const [old, now] = [stringifyJson(from), stringifyJson(to)];
  const versions = Object.entries(change.versions);
  const seen = new Map<string, { last: string; turns: number; old: number; now: number }>();
  for (const run of runs) {
    if (run.environment === change.environment) continue;
    const value = observedValue(run.blocks, change, field)?.key;
    if (value !== old && value !== now) continue;
    if (!versions.every(([name, version]) => run.versions[name] === version)) continue;
    const known = seen.get(run.environment) ?? { last: value, turns: 0, old: 0, now: 0 };
    seen.set(run.environment, {
      last: value,
      turns: known.turns + (known.last === value ? 0 : 1),
      old: known.old + (value === old ? 1 : 0),
      now: known.now + (value === now ? 1 : 0),
    });
  }
  return [...seen.values()].some((each) => {
    if (evidence === 'time') return each.turns > LATE_RUNS;
    if (change.isPartial) return each.old > 0;
    return Math.min(each.old, each.now) > LATE_RUNS;
  });
}

/** The values of a rule in one run, as one value. Several values form a list. */
export function observedValue(
  blocks: readonly SettingBlock[],
  { rule, step }: Pick<FoundChange, 'rule' | 'step'>,
  field: SettingField,
): { json: Json; key: string } | undefined {
  const settings = blocks.flatMap((block) =>
    step === null || block.step === step ? block.rules.filter(({ id }) => id === rule) : [],
  );
  return valueOf(settings, field);
}

function valueOf(
  settings: readonly RuleSetting[],
  field: SettingField,
): { json: Json; key: string } | undefined {
  const [only] = settings;
  if (only === undefined) return undefined;
  if (settings.length === 1) return { json: settingValue(only, field), key: keyOf(only, field) };
  const values = new Map(settings.map((setting) => [keyOf(setting, field), setting]));
  const entries = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  const list = entries.map(([, setting]) => settingValue(setting, field));
  return {
    json: list.length === 1 ? (list[0] ?? null) : list,
    key: entries.map(([key]) => key).join('\n'),
  };
}

const texts = new WeakMap<RuleSetting, Partial<Record<SettingField, string>>>();

/** The text of one part of a setting. It is cached, because many runs share a setting. */
export function keyOf(setting: RuleSetting, field: SettingField): string {
  const known = texts.get(setting) ?? {};
  texts.set(setting, known);
  return (known[field] ??= stringifyJson(settingValue(setting, field)));
}

/** A rule, with the settings of each run. `index` is the run's place. */
export interface AskedRule {
  rule: string;
  /** Null unless a run evaluated the rule in several steps. */
  step: string | null;
  asked: { index: number; settings: RuleSetting[] }[];
}

/** Groups settings by rule, and also by step for rules that a run evaluated in several steps. */
export function rulesAsked(runs: readonly Pick<ObservedRun, 'blocks'>[]): AskedRule[] {
  const distinct = [...new Set(runs.map(({ blocks }) => blocks))];
  const repeated = new Set(distinct.flatMap(inSeveralSteps));
  const grouped = new Map(distinct.map((blocks) => [blocks, groupByRule(blocks, repeated)]));
  const found = new Map<string, AskedRule>();
  for (const [index, { blocks }] of runs.entries()) {
    for (const [key, { rule, step, settings }] of grouped.get(blocks) ?? []) {
      const known = found.get(key);
      if (known === undefined) found.set(key, { rule, step, asked: [{ index, settings }] });
      else known.asked.push({ index, settings });
    }
  }
  return [...found.values()];
}

function inSeveralSteps(blocks: readonly SettingBlock[]): string[] {
  if (blocks.length < 2) return [];
  const steps = new Map<string, string>();
  return blocks.flatMap(({ step, rules }) =>
    rules.flatMap(({ id }) => {
      const known = steps.get(id);
      steps.set(id, step);
      return known !== undefined && known !== step ? [id] : [];
    }),
  );
}

function groupByRule(
  blocks: readonly SettingBlock[],
  repeated: ReadonlySet<string>,
): Map<string, { rule: string; step: string | null; settings: RuleSetting[] }> {
  const groups = new Map<string, { rule: string; step: string | null; settings: RuleSetting[] }>();
  for (const { step, rules } of blocks) {
    for (const setting of rules) {
      const within = repeated.has(setting.id) ? step : null;
      const key = `${setting.id}\n${within ?? ''}`;
      const group = groups.get(key);
      if (group === undefined)
        groups.set(key, { rule: setting.id, step: within, settings: [setting] });
      else group.settings.push(setting);
    }
  }
  return groups;
}

/** Whether a part has the same value in all these settings. Each setting is read once. */
export function isConstant(asked: AskedRule['asked'], field: SettingField): boolean {
  const distinct = new Set(asked.map(({ settings }) => settings));
  const values = new Set([...distinct].flat().map((setting) => keyOf(setting, field)));
  return values.size < 2;
}

/** The runs of one environment, with their versions as numbers. */
class Timeline {
  readonly runs: readonly ObservedRun[];
  readonly environment: string;
  /** The value of each version name in every run, as a number. */
  readonly versions: { name: string; ofRuns: number[] }[];

  constructor(runs: readonly ObservedRun[], environment: string) {
    this.runs = runs;
    this.environment = environment;
    const names = new Set(runs.flatMap((run) => Object.keys(run.versions)));
    this.versions = [...names].slice(0, MAX_VERSION_KEYS).map((name) => {
      const numbers = new Map<string, number>();
      const ofRuns = runs.map(({ versions }) => {
        const value = versions[name];
        if (value === undefined) return -1;
        const number = numbers.get(value) ?? numbers.size;
        numbers.set(value, number);
        return number;
      });
      return { name, ofRuns };
    });
  }

  /**
   * The shifts of a series by the versions of one name, or else by time. `indexes` are places in `runs`.
   */
  shifts(
    indexes: readonly number[],
    values: readonly number[],
    kind: 'value' | 'presence',
  ): FoundShift[] {
    if (new Set(values).size < 2) return [];
    const isPresence = kind === 'presence';
    const placed = (shifts: Shift[], version: string | null): FoundShift[] =>
      shifts.flatMap(({ at, from, to, isPartial = false }) => {
        const index = indexes[at];
        return index === undefined ? [] : [{ index, from, to, version, isPartial }];
      });
    for (const { name, ofRuns } of this.versions) {
      const points = indexes.map((index, place): Point => ({
        value: values[place] ?? -1,
        version: ofRuns[index] ?? -1,
      }));
      const found = shiftsWithVersion(points, isPresence);
      if (found.length > 0) return placed(found, name);
    }
    const points = values.map((value): Point => ({ value, version: -1 }));
    return placed(isPresence ? presenceByTime(points) : shiftsByTime(points), null);
  }

  change(
    { index, version, isPartial }: Pick<FoundShift, 'index' | 'version' | 'isPartial'>,
    rest: Pick<FoundChange, 'rule' | 'step' | 'field' | 'from' | 'to' | 'isAfter'>,
  ): FoundChange {
    return {
      ...rest,
      environment: this.environment,
      at: this.runs[index]?.at ?? 0,
      versions: this.#versionsOf(index, version),
      evidence: version === null ? 'time' : 'version',
      isPartial,
    };
  }

  /** The version of the change, and other versions that were first seen with it. */
  #versionsOf(index: number, name: string | null): Record<string, string> {
    const now = this.runs[index]?.versions ?? {};
    const value = name === null ? undefined : now[name];
    const start =
      name === null ? index : this.runs.findIndex(({ versions }) => versions[name] === value);
    const earlier = this.runs.slice(0, start);
    const fresh = Object.entries(now).filter(
      ([each, version]) => !earlier.some(({ versions }) => versions[each] === version),
    );
    return {
      ...(start > 0 && Object.fromEntries(fresh)),
      ...(name !== null && value !== undefined && { [name]: value }),
    };
  }
}

/** A shift in the runs of an environment, with the name of its version. */
interface FoundShift {
  index: number;
  from: number[];
  to: number[];
  version: string | null;
  isPartial: boolean;
}

function settingChanges(timeline: Timeline): FoundChange[] {
  return rulesAsked(timeline.runs).flatMap(({ rule, step, asked }) =>
    SETTING_FIELDS.flatMap((field) => {
      if (isConstant(asked, field)) return [];
      const key = { rule, step };
      const indexes: number[] = [];
      const values: number[] = [];
      const known = new Map<string, { number: number; json: Json }>();
      for (const { index, settings } of asked) {
        const value = valueOf(settings, field);
        if (value === undefined) continue;
        const entry = known.get(value.key) ?? { number: known.size, json: value.json };
        known.set(value.key, entry);
        indexes.push(index);
        values.push(entry.number);
      }
      const byNumber = [...known];
      const jsonOf = (numbers: number[]): Json => {
        const list = numbers.map((number) => byNumber[number]?.[1].json ?? null);
        return list.length === 1 ? (list[0] ?? null) : list;
      };
      return timeline.shifts(indexes, values, 'value').map((shift) => {
        const after = new Set(shift.to.map((number) => byNumber[number]?.[0]));
        return timeline.change(shift, {
          ...key,
          field,
          from: jsonOf(shift.from),
          to: jsonOf(shift.to),
          isAfter: ({ blocks }) => after.has(observedValue(blocks, key, field)?.key),
        });
      });
    }),
  );
}

type Sort = 'rule' | 'step';

/** The lists of names in a run whose members and order can change: its steps, or the rules of each step. */
function sequencesOf(run: ObservedRun, sort: Sort): Sequences {
  if (sort === 'step') return [{ step: null, names: [...new Set(run.steps)] }];
  return run.blocks.map(({ step, rules }) => ({
    step,
    names: [...new Set(rules.map(({ id }) => id))],
  }));
}

function named(sort: Sort, name: string): Pick<FoundChange, 'rule' | 'step'> {
  return sort === 'rule' ? { rule: name, step: null } : { rule: null, step: name };
}

function namesIn(run: ObservedRun, sort: Sort): string[] {
  return sort === 'step'
    ? [...run.steps]
    : run.blocks.flatMap(({ rules }) => rules.map(({ id }) => id));
}

/**
 * Finds rules and steps that were added or removed. A run that ended early says nothing about the rest. It
 * failed, or it stopped after a failed rule.
 */
function presenceChanges(timeline: Timeline, sort: Sort): FoundChange[] {
  const sets = new Map<unknown, Set<string>>();
  const facts = timeline.runs.map((run) => {
    const source = sort === 'step' ? run.steps : run.blocks;
    const names = sets.get(source) ?? new Set(namesIn(run, sort));
    sets.set(source, names);
    return { names, isWhole: isWhole(run, sort) };
  });
  const all = new Set([...sets.values()].flatMap((names) => [...names]));
  return [...all].flatMap((name) => {
    if (facts.every(({ names, isWhole }) => !isWhole || names.has(name))) return [];
    const indexes: number[] = [];
    const values: number[] = [];
    for (const [index, { names, isWhole }] of facts.entries()) {
      const isPresent = names.has(name);
      if (!isPresent && !isWhole) continue;
      indexes.push(index);
      values.push(isPresent ? 1 : 0);
    }
    return timeline.shifts(indexes, values, 'presence').map((shift) => {
      const isNew = shift.to.includes(1);
      return timeline.change(shift, {
        ...named(sort, name),
        field: 'presence',
        from: !isNew,
        to: isNew,
        isAfter: (run) =>
          namesIn(run, sort).includes(name) ? isNew : !isNew && isWhole(run, sort),
      });
    });
  });
}

function isWhole({ blocks, failed, completed }: ObservedRun, sort: Sort): boolean {
  if (sort === 'step') return completed;
  return blocks.length > 0 && !blocks.some(({ rules }) => failed.includes(rules.at(-1)?.id ?? ''));
}

/**
 * Finds rules of a step, or steps, whose order changed. Each pair of names is compared separately, because
 * most runs have only some names. Pairs that always have the same order are skipped.
 */
function orderChanges(timeline: Timeline, sort: Sort): FoundChange[] {
  const known = new Map<unknown, Sequences>();
  const sequences = timeline.runs.map((run) => {
    const source = sort === 'step' ? run.steps : run.blocks;
    const lists = known.get(source) ?? sequencesOf(run, sort);
    known.set(source, lists);
    return lists;
  });
  const swapped = swappedPairs([...known.values()].flat());
  if (swapped.length === 0) return [];
  const found = new Map<string, Move>();
  for (const pair of swapped) {
    const indexes: number[] = [];
    const values: number[] = [];
    for (const [index, lists] of sequences.entries()) {
      const value = directionOf(pair, lists);
      if (value === undefined) continue;
      indexes.push(index);
      values.push(value);
    }
    for (const shift of timeline.shifts(indexes, values, 'value')) {
      const { version, index } = shift;
      const value = version === null ? '' : timeline.runs[index]?.versions[version];
      // Pairs that changed order with the same version are one change, even if few runs show all of them.
      const key = JSON.stringify([pair.step, version, value]);
      const move = found.get(key) ?? { sort, step: pair.step, index, version, pairs: [] };
      move.index = Math.min(move.index, index);
      move.pairs.push({ ...pair, now: shift.to[0] ?? 0 });
      found.set(key, move);
    }
  }
  return [...found.values()].flatMap((move) => movesOf(timeline, sequences, move));
}

interface Pair {
  step: string | null;
  a: string;
  b: string;
}

type Sequences = { step: string | null; names: string[] }[];

interface Move {
  sort: Sort;
  step: string | null;
  index: number;
  version: string | null;
  /** The pairs with their direction after the change. */
  pairs: (Pair & { now: number })[];
}

/** The names that moved, each with the whole order before and after the change. */
function movesOf(timeline: Timeline, sequences: Sequences[], move: Move): FoundChange[] {
  const { sort, step, pairs } = move;
  const shows = (lists: Sequences, isNow: boolean): boolean =>
    pairs.some((pair) => directionOf(pair, lists) === (isNow ? pair.now : 1 - pair.now));
  const longestOf = (isNow: boolean): string[] =>
    longest(
      sequences
        .filter((lists, place) => isNow === place >= move.index && shows(lists, isNow))
        .map((lists) => lists.find((list) => list.step === step)?.names ?? []),
    );
  const [before, after] = [longestOf(false), longestOf(true)];
  return movedNames(before, after).map((name) =>
    timeline.change(
      { ...move, isPartial: false },
      {
        ...named(sort, name),
        field: 'order',
        from: before,
        to: after,
        isAfter: (run) => shows(sequencesOf(run, sort), true),
      },
    ),
  );
}

/** The longest list of names. Of equally long lists, the most frequent one. */
function longest(lists: string[][]): string[] {
  const most = Math.max(0, ...lists.map((list) => list.length));
  const counts = new Map<string, { list: string[]; count: number }>();
  for (const list of lists) {
    if (list.length < most) continue;
    const key = list.join('\n');
    counts.set(key, { list, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.list ?? [];
}

/** The common names that are not in the longest sequence shared by both orders. */
function movedNames(before: string[], after: string[]): string[] {
  const old = before.filter((name) => after.includes(name));
  const now = after.filter((name) => before.includes(name));
  const places = now.map((name) => old.indexOf(name));
  const best: number[][] = [];
  for (const place of places) {
    const shorter = best.filter((chain) => (chain.at(-1) ?? -1) < place);
    const chain = shorter.reduce<number[]>((a, b) => (b.length > a.length ? b : a), []);
    best.push([...chain, place]);
  }
  const kept = new Set(best.reduce<number[]>((a, b) => (b.length > a.length ? b : a), []));
  return now.filter((_, index) => !kept.has(places[index] ?? -1));
}

/** Pairs that occur in both orders in one step. */
function swappedPairs(sequences: Sequences): Pair[] {
  const distinct = new Map(sequences.map((one) => [`${one.step}\n${one.names.join('\n')}`, one]));
  const seen = new Map<string, Set<string>>();
  const pairs = new Map<string, Pair>();
  for (const { step, names } of distinct.values()) {
    for (const [place, a] of names.entries()) {
      for (const b of names.slice(place + 1, place + 50)) {
        const [x, y] = a < b ? [a, b] : [b, a];
        const key = JSON.stringify([step, x, y]);
        const directions = seen.get(key) ?? new Set();
        seen.set(key, directions.add(a < b ? 'up' : 'down'));
        if (directions.size === 2) pairs.set(key, { step, a: x, b: y });
        if (pairs.size >= MAX_PAIRS) return [];
      }
    }
  }
  return [...pairs.values()];
}

/** Returns 0 if `a` comes first, 1 if `b` does. */
function directionOf({ step, a, b }: Pair, lists: Sequences): number | undefined {
  for (const list of lists) {
    if (list.step !== step) continue;
    const [placeA, placeB] = [list.names.indexOf(a), list.names.indexOf(b)];
    if (placeA >= 0 && placeB >= 0) return placeA < placeB ? 0 : 1;
  }
  return undefined;
}
