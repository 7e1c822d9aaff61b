import {
  LIMITS,
  newReplayRunSchema,
  parseJson,
  replayLineSchema,
  replayReportSchema,
  replayResultPageSchema,
  replayResultsQuerySchema,
  replayRunListSchema,
  replayRunSchema,
  replayRunsQuerySchema,
  storedResultsSchema,
  stringifyJson,
  type NewReplayRun,
  type ReplayResultPage,
  type ReplayRun,
  type ReplayRunList,
} from '@xray/core';
import { notFound } from '../auth/policy.js';
import { nameOf } from '../auth/principal.js';
import { DomainError } from '../errors.js';
import { ByteBudget } from '../ingest/byte-budget.js';
import { readBody } from '../ingest/read-body.js';
import type { ResultToSave } from '../store/replay-store.js';
import { param, parse, type Deps, type Route } from './route.js';

const NDJSON = 'application/x-ndjson';
/** The limit for all results that arrive at the same time. */
const MAX_BYTES = 2 * LIMITS.requestBytes;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Runs of recorded executions on new code, and what they found. */
export function replayRoutes(deps: Deps): Route[] {
  const { accounts } = deps;
  const budget = new ByteBudget(MAX_BYTES);
  const runOf = async (app: string, id: string): Promise<ReplayRun> => {
    const run = UUID.test(id) ? await accounts.replays.find(app, id) : undefined;
    if (run === undefined) throw notFound('replay run');
    return run;
  };
  return [
    {
      method: 'post',
      path: '/api/apps/:app/replays',
      policy: 'replay',
      audit: 'replay.start',
      summary: 'Starts a run. It is deleted after 30 days.',
      body: {
        kind: 'json',
        schema: newReplayRunSchema,
        example: { name: 'min-score-660', pipelines: ['loan-approval'] } satisfies NewReplayRun,
      },
      answers: { 201: { description: 'The run.', schema: replayRunSchema } },
      async handle({ req, res, principal, record }) {
        const run = parse(newReplayRunSchema, req.body);
        await record({ details: { pipelines: run.pipelines } });
        const by = principal.kind === 'nobody' ? null : nameOf(principal);
        res.status(201).json(await accounts.replays.start(param(req, 'app'), run, by));
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/replays/:run/results',
      policy: 'replay',
      audit: 'replay.results',
      summary: 'Stores results of a run. A result that is already stored changes nothing.',
      body: { kind: 'raw', schema: replayLineSchema, types: [NDJSON] },
      answers: { 200: { description: 'What was stored.', schema: storedResultsSchema } },
      async handle({ req, res, record }) {
        const app = param(req, 'app');
        const run = await runOf(app, param(req, 'run'));
        const { bytes, release } = await readBody(req, budget, LIMITS.requestBytes);
        try {
          const results = bytes
            .toString('utf8')
            .split('\n')
            .flatMap((line, index) => (line.trim() === '' ? [] : [lineOf(line, index)]));
          await record({ target: run.id, details: { results: results.length } });
          res.json(await accounts.replays.save(app, run.id, results));
        } finally {
          release();
        }
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/replays/:run/finish',
      policy: 'replay',
      audit: 'replay.finish',
      summary: 'Ends a run with its report. The first report stays.',
      body: { kind: 'json', schema: replayReportSchema },
      answers: { 200: { description: 'The run.', schema: replayRunSchema } },
      async handle({ req, res, record }) {
        const app = param(req, 'app');
        const { id } = await runOf(app, param(req, 'run'));
        const report = parse(replayReportSchema, req.body);
        await record({ target: id, details: { exitCode: report.exitCode } });
        res.json(await accounts.replays.finish(app, id, report));
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/replays',
      policy: 'read',
      summary: 'The runs of the app, the newest first.',
      query: replayRunsQuerySchema,
      answers: { 200: { description: 'A page of runs.', schema: replayRunListSchema } },
      async handle({ req, res }) {
        const { pipeline, cursor, limit } = parse(replayRunsQuerySchema, req.query);
        const after = cursor === undefined ? undefined : placeOf(cursor);
        const found = await accounts.replays.list(param(req, 'app'), pipeline, after, limit + 1);
        const items = found.slice(0, limit);
        const last = items.at(-1);
        const nextCursor =
          found.length > limit && last !== undefined
            ? encode(`${last.createdAt} ${last.id}`)
            : null;
        res.json({ items, nextCursor } satisfies ReplayRunList);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/replays/:run',
      policy: 'read',
      audit: 'replay.read',
      summary: 'One run: outcomes before and after, causes, segments, coverage.',
      answers: { 200: { description: 'The run.', schema: replayRunSchema } },
      async handle({ req, res, record }) {
        const run = await runOf(param(req, 'app'), param(req, 'run'));
        await record({ target: run.id });
        res.json(run);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/replays/:run/results',
      policy: 'read',
      audit: 'replay.read',
      summary: 'The executions of a run, by their ids.',
      query: replayResultsQuerySchema,
      examples: {
        verdict: 'flipped',
        was: 'approved',
        is: 'declined',
        cause: 'min_score',
        why: 'no answer',
      },
      answers: { 200: { description: 'A page of results.', schema: replayResultPageSchema } },
      async handle({ req, res, record }) {
        const { verdict, was, is, cause, why, cursor, limit } = parse(
          replayResultsQuerySchema,
          req.query,
        );
        const run = await runOf(param(req, 'app'), param(req, 'run'));
        await record({ target: run.id, details: { by: 'results' } });
        const found = await accounts.replays.listResults(run.id, {
          verdict,
          was: was === '' ? null : was,
          is: is === '' ? null : is,
          cause,
          why,
          after: cursor === undefined ? undefined : decode(cursor),
          limit: limit + 1,
        });
        const items = found.slice(0, limit);
        const last = items.at(-1);
        const nextCursor =
          found.length > limit && last !== undefined ? encode(last.executionId) : null;
        res.json({ items, nextCursor } satisfies ReplayResultPage);
      },
    },
  ];
}

/** Reads a line of the results. Throws a DomainError that names the line. */
function lineOf(line: string, index: number): ResultToSave {
  let value: unknown;
  try {
    value = parseJson(line);
  } catch {
    throw badLine(index, 'this is not JSON');
  }
  const parsed = replayLineSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw badLine(index, `${(issue?.path ?? []).join('.')}: ${issue?.message ?? 'invalid'}`);
  }
  const { result, snapshot } = parsed.data;
  return {
    result,
    // The text is made of what was sent, because the schema only validates.
    body: snapshot === null ? null : stringifyJson((value as { snapshot: unknown }).snapshot),
    subjects: (snapshot?.subjects ?? []).map(({ type, id }) => ({ type, id })),
  };
}

function badLine(index: number, message: string): DomainError {
  return new DomainError('invalid', `Line ${index + 1}: ${message}.`, [
    { path: String(index), code: 'invalid_line' },
  ]);
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function decode(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('utf8').replaceAll('\0', '');
}

function placeOf(cursor: string): { at: Date; id: string } {
  const [time = '', id = ''] = decode(cursor).split(' ');
  const at = new Date(time);
  if (Number.isNaN(at.getTime()) || !UUID.test(id)) {
    throw new DomainError('invalid', 'cursor: this is not a cursor of this list.', [
      { path: 'cursor', code: 'invalid_cursor' },
    ]);
  }
  return { at, id };
}
