import { cpuMs, databaseCpuMs, untilIdle } from '../ingest/process-figures.mjs';
import { KEY } from '../ingest/server.mjs';
import { questions } from './questions.mjs';

/** Warm-up before the first measurement: the number of times each question is asked, and for how long. */
const WARM_UP = { asks: 3, ms: 1_000 };
const MOST_GROWTH = 2;

/**
 * `cpuMs` is the CPU time of the server and the database for one answer. With other work on the machine it is more
 * reliable than the answer time.
 *
 * @returns {Promise<Map<string, { p50: number, p95: number, cpuMs: number, targetMs: number }>>} in ms
 */
export async function measureAll(server, total, { asks, ...wanted }) {
  const figures = new Map();
  const asked = [];
  for (const question of chosen(total, wanted)) {
    const ask = await askerOf(server, question);
    const warmAt = performance.now() + WARM_UP.ms;
    for (let nth = 0; nth < WARM_UP.asks || performance.now() < warmAt; nth++)
      await ask(asks + nth);
    asked.push({ question, ask });
  }
  for (const { question, ask } of asked) {
    await untilIdle(server);
    const took = [];
    const spentBefore = await spentMs(server);
    for (let nth = 0; nth < asks; nth++) {
      const startedAt = performance.now();
      await ask(nth);
      took.push(performance.now() - startedAt);
    }
    took.sort((a, b) => a - b);
    const quantile = (q) => took[Math.min(took.length - 1, Math.floor(took.length * q))];
    figures.set(question.name, {
      p50: quantile(0.5),
      p95: quantile(0.95),
      cpuMs: ((await spentMs(server)) - spentBefore) / asks,
      targetMs: question.targetMs,
    });
  }
  return figures;
}

async function spentMs({ pid, postmaster }) {
  return (await cpuMs(pid)) + (await databaseCpuMs(postmaster));
}

export function chosen(total, { group, only }) {
  return questions(total, group).filter(({ name }) => name.includes(only));
}

/** Asks the question for the n-th time. Throws if the status is not 200. */
export async function askerOf({ url }, { name, ask, first }) {
  const get = async (path) => {
    const response = await fetch(url + path, { headers: { 'x-api-key': KEY } });
    const text = await response.text();
    if (!response.ok) throw new Error(`${name}: ${path} gives ${response.status}: ${text}`);
    return text;
  };
  const cursor = first && JSON.parse(await get(first)).nextCursor;
  return (nth) => get(ask(nth).replace('{cursor}', cursor));
}

export function printTable(label, figures) {
  console.log(`\n${label.padEnd(44)}     p50     p95     CPU  target`);
  for (const [name, { p50, p95, cpuMs, targetMs }] of figures) {
    const numbers = [p50.toFixed(1), p95.toFixed(1), cpuMs.toFixed(1), String(targetMs)];
    const columns = numbers.map((number) => number.padStart(7)).join(' ');
    console.log(`${name.padEnd(44)} ${columns}  ${p95 <= targetMs ? 'met' : 'MISSED'}`);
  }
}

/** @param {{ total: number, figures: ReturnType<typeof measureAll> }[]} found in rising order of `total` */
export function printGrowth(found) {
  const [less, more] = [found.at(0), found.at(-1)];
  if (less === more) return;
  console.log(`\nfrom ${less.total} to ${more.total} executions: growth of p50 (times)`);
  for (const [name, { p50 }] of more.figures) {
    const times = p50 / less.figures.get(name).p50;
    console.log(
      `${name.padEnd(44)} ${times.toFixed(1).padStart(5)}  ${times <= MOST_GROWTH ? '' : 'MORE THAN 2'}`,
    );
  }
}
