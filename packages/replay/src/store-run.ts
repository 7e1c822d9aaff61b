import type { NewReplayRun, ReplayReport, ReplayRun } from '@xray/core';
import type { Snapshot } from '@xray/sdk';
import type { ReplayConfig } from './define.js';
import type { Report, ReportedResult } from './report.js';
import { ask, type Server } from './server.js';

/** Results that a run stores: `changed` leaves out those that decide the same. */
export type StoredPart = 'changed' | 'all';

/** A request of results ends at this size. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const MAX_BATCH_LINES = 200;
/** The server keeps this many rows of each table of a report. */
const MAX_ROWS = 100;

/** Sends the results of a run to the server while it goes on, and its report at the end. */
export class StoredRun {
  readonly #server: Server;
  readonly #path: string;
  readonly #part: StoredPart;
  #lines: string[] = [];
  #bytes = 0;

  private constructor(server: Server, path: string, part: StoredPart) {
    this.#server = server;
    this.#path = path;
    this.#part = part;
  }

  static async start(
    server: Server,
    app: string,
    { run, part }: { run: NewReplayRun; part: StoredPart },
  ): Promise<StoredRun> {
    const path = `/api/apps/${encodeURIComponent(app)}/replays`;
    const { id } = await post<ReplayRun>(server, path, JSON.stringify(run));
    return new StoredRun(server, `${path}/${id}`, part);
  }

  /** Where people look at the run. */
  address(app: string): string {
    const run = this.#path.split('/').at(-1) ?? '';
    return `${new URL('/replay', this.#server.endpoint).href}?${new URLSearchParams({ app, run }).toString()}`;
  }

  async add(result: ReportedResult, snapshot: Snapshot | null): Promise<void> {
    if (this.#part === 'changed' && result.verdict === 'same') return;
    const line = `${JSON.stringify({ result, snapshot })}\n`;
    this.#lines.push(line);
    this.#bytes += line.length;
    if (this.#bytes >= MAX_BATCH_BYTES || this.#lines.length >= MAX_BATCH_LINES) await this.#send();
  }

  async finish(report: Report): Promise<void> {
    await this.#send();
    await post(this.#server, `${this.#path}/finish`, JSON.stringify(reportOf(report)));
  }

  async #send(): Promise<void> {
    if (this.#lines.length === 0) return;
    const body = this.#lines.join('');
    this.#lines = [];
    this.#bytes = 0;
    await post(this.#server, `${this.#path}/results`, body, 'application/x-ndjson');
  }
}

/** What the server may know of the plan: names of steps. */
export function runOf(
  config: ReplayConfig,
  { name, q, versions }: { name: string; q: string | null; versions: Record<string, string> },
): NewReplayRun {
  const plan = Object.entries(config).map(([pipeline, { live, answer, stubs }]) => [
    pipeline,
    { live: live ?? [], answer: answer ?? [], stubs: Object.keys(stubs ?? {}) },
  ]);
  return {
    name,
    pipelines: Object.keys(config),
    q,
    versions,
    plan: Object.fromEntries(plan) as NewReplayRun['plan'],
  };
}

function reportOf(report: Report): ReplayReport {
  const { format: _format, records: _records, startedAt: _at, code: _code, ...rest } = report;
  const { results: _results, ...facts } = rest;
  return {
    ...facts,
    matrix: facts.matrix.slice(0, MAX_ROWS),
    causes: facts.causes.slice(0, MAX_ROWS),
    undecided: facts.undecided.slice(0, MAX_ROWS),
    changedAndAnswered: facts.changedAndAnswered.slice(0, MAX_ROWS),
    changedAndRan: facts.changedAndRan.slice(0, MAX_ROWS),
  };
}

async function post<Answer>(
  server: Server,
  path: string,
  body: string,
  type = 'application/json',
): Promise<Answer> {
  const response = await ask(server, path, {
    method: 'POST',
    body,
    headers: { 'content-type': type },
  });
  return (await response.json()) as Answer;
}
