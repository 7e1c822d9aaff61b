import { readFile, readdir } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** Linux counts processor time in hundredths of a second, whatever the kernel's own clock is. */
const JIFFY_MS = 10;

/** Processor time of a process with all its threads so far, in ms; 0 where there is no /proc. */
export async function cpuMs(pid) {
  const { own } = await cpuOf(pid);
  return own;
}

/** The same of a Postgres: the postmaster, its children, and those that are gone. */
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

/** Busy for less than this share of the time is idle. */
const IDLE_SHARE = 0.05;
const LOOK_EVERY_MS = 500;

/**
 * Waits until a server has done what the last measurement left it to do behind ingest, as the search
 * index, which is not the next one's. Where there is no /proc it does not wait.
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

/** The event loop's delay over the whole life of the server so far, as it says itself. */
export async function loopP99Ms(url) {
  const text = await fetch(`${url}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  );
  const [, seconds] = /^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text) ?? [];
  return seconds === undefined ? '?' : (Number(seconds) * 1000).toFixed(0);
}

/** Fields of /proc/PID/stat behind the name: proc(5). */
async function cpuOf(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const time = (from) => (Number(fields[from] ?? 0) + Number(fields[from + 1] ?? 0)) * JIFFY_MS;
  return { parent: Number(fields[1] ?? 0), own: time(11), reaped: time(13) };
}
