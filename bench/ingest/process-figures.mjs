import { readFile, readdir } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** Linux reports CPU time in hundredths of a second, regardless of the kernel's clock. */
const JIFFY_MS = 10;

/** CPU time of a process and all its threads so far, in ms; 0 if there is no /proc. */
export async function cpuMs(pid) {
  const { own } = await cpuOf(pid);
  return own;
}

/** CPU time of a Postgres server in ms: the postmaster, its children, and children that have exited. */
export async function databaseCpuMs(postmaster) {
  if (postmaster === undefined) return 0;
  const { own, reaped } = await cpuOf(postmaster);
  let sum = own + reaped;
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const { parent, own: ofChild } = await cpuOf(name);
    if (parent === postmaster) sum += ofChild;
  }
  return sum;
}

/** A process counts as idle below this share of busy time. */
const IDLE_SHARE = 0.05;
const LOOK_EVERY_MS = 500;

/**
 * Waits until a server has finished the background work of the last measurement (the search index), so that
 * the next measurement does not include it. Does not wait if there is no /proc.
 */
export async function untilIdle({ pid }) {
  for (;;) {
    const [before, startedAt] = [await cpuMs(pid), performance.now()];
    await setTimeout(LOOK_EVERY_MS);
    const share = ((await cpuMs(pid)) - before) / (performance.now() - startedAt);
    if (share < IDLE_SHARE) return;
  }
}

export async function rssMb(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

/** The event loop's delay since the server started, from its own metrics. */
export async function loopP99Ms(url) {
  const text = await fetch(`${url}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  );
  const [, seconds] = /^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text) ?? [];
  return seconds === undefined ? '?' : (Number(seconds) * 1000).toFixed(0);
}

/** Fields of /proc/PID/stat after the name; see proc(5). */
async function cpuOf(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const time = (from) => (Number(fields[from] ?? 0) + Number(fields[from + 1] ?? 0)) * JIFFY_MS;
  return { parent: Number(fields[1] ?? 0), own: time(11), reaped: time(13) };
}
