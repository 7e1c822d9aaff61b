import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { cpuMs, databaseCpuMs, loopP99Ms, rssMb } from './process-figures.mjs';
import { KEY } from './server.mjs';

/** Steps of each execution. */
export const STEPS = 5;

/** Controls the clients' process and reports what it measures. */
export class Load {
  #client;
  #seed = Date.now();

  static async start() {
    const load = new Load();
    load.#client = fork(path.join(import.meta.dirname, 'client.mjs'));
    await once(load.#client, 'message');
    return load;
  }

  stop() {
    this.#client.kill();
  }

  /**
   * Lets clients send, without printing anything. Throws if a request is not acknowledged.
   *
   * @param {{ batch: number, concurrency: number, count?: number, seconds?: number, gzip?: boolean,
   * ratePerSecond?: number }} task `count` executions or for `seconds`; the rate is in requests a second
   */
  async run({ url, pid, postmaster }, { count, batch, gzip = false, ...task }) {
    const cpuBefore = [await cpuMs(pid), await databaseCpuMs(postmaster)];
    const answer = once(this.#client, 'message');
    const requests = count && Math.floor(count / batch);
    this.#client.send({ ...task, requests, batch, gzip, url, key: KEY, seed: this.#seed++ });
    const [result] = await answer;
    if (result.failed > 0) throw new Error(`${result.failed} requests failed`);
    const executions = result.requests * batch;
    const perExecution = async (i, now) => ((await now) - cpuBefore[i]) / executions;
    return {
      ...result,
      executions,
      rate: executions / result.seconds,
      serverCpuMs: await perExecution(0, cpuMs(pid)),
      databaseCpuMs: await perExecution(1, databaseCpuMs(postmaster)),
    };
  }

  /**
   * Sends and prints one line. With `countRows` it checks that each execution was stored exactly once.
   *
   * @returns {Promise<number>} executions/s
   */
  async report(label, server, task, countRows) {
    const before = await countRows?.();
    const result = await this.run(server, task);
    const stored = countRows && (await countRows()) - before;
    if (stored !== undefined && stored !== result.executions) {
      throw new Error(`${label}: ${stored} of ${result.executions} rows are stored`);
    }
    const figures = [
      `p50 ${result.p50Ms.toFixed(1)} ms`,
      `p99 ${result.p99Ms.toFixed(1)} ms`,
      `CPU an execution: server ${result.serverCpuMs.toFixed(3)} ms, ` +
        `database ${result.databaseCpuMs.toFixed(3)} ms`,
      `RSS ${await rssMb(server.pid)} MB`,
      `loop p99 ${await loopP99Ms(server.url)} ms`,
    ];
    console.log(line(label, result.rate, figures.join(', ')));
    return result.rate;
  }
}

export function line(label, rate, more) {
  const perSecond = (value) => value.toFixed(0).padStart(7);
  return `${label.padEnd(46)} ${perSecond(rate)} executions/s ${perSecond(rate * STEPS)} steps/s  ${more}`;
}
