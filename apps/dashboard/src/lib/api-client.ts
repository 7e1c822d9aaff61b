import type {
  AppList,
  CandidateHistory,
  Comparison,
  ErrorBody,
  ErrorDetail,
  ExecutionDetail,
  ExecutionPage,
  ExecutionSort,
  Explanation,
  Facets,
  Funnel,
  Histogram,
  Lookup,
  PipelineList,
  PipelineOverview,
  Releases,
  RuleHistory,
  PublicConfig,
  QuestionAnswer,
  QuestionParams,
  QuestionPath,
  QuestionPlaces,
  StepDetail,
  SubjectHistory,
  Tombstone,
} from '@xray/core';
import { parseJson } from '@xray/core/exact-json';
import { pathSegment } from '@xray/core/path-segment';
import { sessionSource } from './session-source';

const BASE_URL = process.env['NEXT_PUBLIC_API_BASE_URL'] ?? '';
const CONFIG = '/api/config';

/** An answer that is not a success. `status` 0 and code `unreachable`: there was no answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly details: readonly ErrorDetail[];
  /** Set if the execution was erased by name. */
  readonly tombstone: Tombstone | null;

  constructor(status: number, body: Partial<ErrorBody['error']>) {
    super(body.message ?? `The server answered ${status}.`);
    this.status = status;
    this.code = body.code ?? 'unknown';
    this.requestId = body.requestId ?? null;
    this.details = body.details ?? [];
    this.tombstone = body.tombstone ?? null;
  }
}

/** A filter within a time range (ISO-8601). An absent or empty value does not filter. */
export interface RangeParams {
  q?: string;
  from?: string | null;
  to?: string | null;
}

export interface ExportFormat {
  format?: 'ndjson' | 'csv';
  bom?: 'true' | 'false';
}

export interface ExecutionListParams extends RangeParams {
  pipeline?: string | null;
  sort?: ExecutionSort;
  cursor?: string | null;
  limit?: number;
}

type Params = Record<string, string | number | null | undefined>;

export async function getConfig(signal?: AbortSignal): Promise<PublicConfig> {
  return await getJson(CONFIG, {}, signal);
}

export async function listApps(signal?: AbortSignal): Promise<AppList> {
  return await getJson('/api/apps', {}, signal);
}

/** A question from core's table. Its path determines the parameters and the answer. */
async function answerTo<Path extends QuestionPath>(
  path: Path,
  places: QuestionPlaces<Path> & Record<string, string>,
  params: QuestionParams<Path> & Params,
  signal: AbortSignal | undefined,
): Promise<QuestionAnswer<Path>> {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => pathSegment(places[name] ?? ''));
  return await getJson(filled, params, signal);
}

/** Pipelines with counts of their executions. Without bounds, of all stored executions. */
export async function listPipelines(
  app: string,
  bounds: Bounds,
  signal?: AbortSignal,
): Promise<PipelineList> {
  return await answerTo('/api/apps/:app/pipelines', { app }, { ...bounds }, signal);
}

export async function getPipelineOverview(
  app: string,
  pipeline: string,
  bounds: Bounds & { q?: string },
  signal?: AbortSignal,
): Promise<PipelineOverview> {
  return await answerTo(
    '/api/apps/:app/pipelines/:pipeline',
    { app, pipeline },
    { ...bounds },
    signal,
  );
}

export async function getFunnel(
  app: string,
  pipeline: string,
  bounds: Bounds & { q?: string },
  signal?: AbortSignal,
): Promise<Funnel> {
  const places = { app, pipeline };
  return await answerTo('/api/apps/:app/pipelines/:pipeline/funnel', places, { ...bounds }, signal);
}

/** The rules of a pipeline, and what changed in them. */
export async function getRuleHistory(
  app: string,
  pipeline: string,
  params: Bounds & { q?: string },
  signal?: AbortSignal,
): Promise<RuleHistory> {
  const places = { app, pipeline };
  return await answerTo('/api/apps/:app/pipelines/:pipeline/rules', places, { ...params }, signal);
}

/** How often each value occurs in the matching executions. */
export async function getFacets(
  app: string,
  params: RangeParams & { values?: number },
  signal?: AbortSignal,
): Promise<Facets> {
  return await answerTo('/api/apps/:app/facets', { app }, { ...params }, signal);
}

/** Versions that first appeared in the matching executions, newest first. */
export async function getReleases(
  app: string,
  params: RangeParams,
  signal?: AbortSignal,
): Promise<Releases> {
  return await answerTo('/api/apps/:app/releases', { app }, { ...params }, signal);
}

export async function getHistogram(
  app: string,
  params: RangeParams & { by?: Histogram['by']; buckets?: number },
  signal?: AbortSignal,
): Promise<Histogram> {
  return await answerTo('/api/apps/:app/histogram', { app }, { ...params }, signal);
}

export async function listExecutions(
  app: string,
  params: ExecutionListParams,
  signal?: AbortSignal,
): Promise<ExecutionPage> {
  return await answerTo('/api/apps/:app/executions', { app }, { ...params }, signal);
}

/** One execution without its payloads. {@link getStep} reads them step by step. */
export async function getExecution(
  app: string,
  id: string,
  signal?: AbortSignal,
): Promise<ExecutionDetail> {
  return await answerTo(
    '/api/apps/:app/executions/:id',
    { app, id },
    { payloads: 'false' },
    signal,
  );
}

/** One complete execution, up to 5 MB. */
export async function getWholeExecution(
  app: string,
  id: string,
  signal?: AbortSignal,
): Promise<ExecutionDetail> {
  return await answerTo('/api/apps/:app/executions/:id', { app, id }, {}, signal);
}

/** One step with its payloads, by its index in the snapshot's `steps`. */
export async function getStep(
  app: string,
  id: string,
  index: number,
  signal?: AbortSignal,
): Promise<StepDetail> {
  const places = { app, id, sequence: String(index) };
  const query = { by: 'index' } as const;
  return await answerTo('/api/apps/:app/executions/:id/steps/:sequence', places, query, signal);
}

/** The explanation of a decision, only from its record. */
export async function getExplanation(
  app: string,
  id: string,
  signal?: AbortSignal,
): Promise<Explanation> {
  return await answerTo('/api/apps/:app/executions/:id/explain', { app, id }, {}, signal);
}

/** Where two executions diverge. */
export async function getComparison(
  app: string,
  a: string,
  b: string,
  signal?: AbortSignal,
): Promise<Comparison> {
  return await answerTo('/api/apps/:app/compare', { app }, { a, b }, signal);
}

/** A range of the executions' time, ISO-8601. No end means now. */
interface Bounds {
  from: string | null;
  to: string | null;
}

interface CohortQuestion {
  a: string;
  b: string;
  aFrom: string | null;
  aTo: string | null;
  bFrom: string | null;
  bTo: string | null;
  outcome: string | null;
}

/** How the outcomes of two groups differ, and the traits that correlate with the difference. */
export async function getCohorts(
  app: string,
  question: CohortQuestion,
  signal?: AbortSignal,
): Promise<QuestionAnswer<'/api/apps/:app/cohorts'>> {
  // An empty filter and an empty outcome have a meaning too, so they are sent.
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(question)) if (value !== null) query.set(name, value);
  return await getJson(`${appPath(app)}/cohorts?${query}`, {}, signal);
}

/** What another threshold would have decided. `set` is `RULE:THRESHOLD`. */
export async function simulate(
  app: string,
  params: Bounds & { q: string; set: string },
  signal?: AbortSignal,
): Promise<QuestionAnswer<'/api/apps/:app/simulate'>> {
  return await answerTo('/api/apps/:app/simulate', { app }, { ...params }, signal);
}

/** The kinds of things that have this id. */
export async function lookUp(
  app: string,
  id: string,
  bounds: Bounds,
  signal?: AbortSignal,
): Promise<Lookup> {
  return await answerTo('/api/apps/:app/lookup/:id', { app, id }, { ...bounds }, signal);
}

export async function getCandidateHistory(
  app: string,
  id: string,
  page: Bounds & { cursor: string | null },
  signal?: AbortSignal,
): Promise<CandidateHistory> {
  return await answerTo('/api/apps/:app/candidates/:id', { app, id }, { ...page }, signal);
}

export async function getSubjectHistory(
  app: string,
  { type, id }: { type: string; id: string },
  page: Bounds & { cursor: string | null },
  signal?: AbortSignal,
): Promise<SubjectHistory> {
  return await answerTo(
    '/api/apps/:app/subjects/:type/:id',
    { app, type, id },
    { ...page },
    signal,
  );
}

/** The path of an app in the API. */
export function appPath(app: string): string {
  return `/api/apps/${encodeURIComponent(app)}`;
}

/** Server-sent events of executions as they arrive, after the given event. @throws ApiError */
export async function openLive(
  app: string,
  q: string,
  lastEventId: string,
  signal: AbortSignal,
): Promise<Response> {
  return await ask(`${appPath(app)}/live${searchOf({ q })}`, {
    signal,
    headers: {
      accept: 'text/event-stream',
      ...(lastEventId !== '' && { 'last-event-id': lastEventId }),
    },
  });
}

/** The address of an NDJSON file with every matching execution. */
export function exportUrl(app: string, params: RangeParams & ExportFormat): string {
  return fileUrl(`${appPath(app)}/export`, { ...params });
}

/** The address of a file, for a link. */
export function fileUrl(path: string, params: Params): string {
  return `${BASE_URL}${path}${searchOf(params)}`;
}

/** The same as a Blob. @throws ApiError */
export async function getExport(app: string, params: RangeParams & ExportFormat): Promise<Blob> {
  return await getFile(`${appPath(app)}/export`, { ...params });
}

/** Reads a whole file. @throws ApiError */
export async function getFile(path: string, params: Params): Promise<Blob> {
  const answer = await ask(`${path}${searchOf(params)}`, {});
  try {
    return await answer.blob();
  } catch {
    throw unreachable();
  }
}

/** @throws ApiError for every answer that is not a success, and if there is no answer */
export async function getJson<T>(path: string, params: Params, signal?: AbortSignal): Promise<T> {
  return await exchange(`${path}${searchOf(params)}`, signal === undefined ? {} : { signal });
}

export function searchOf(params: Params): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== '') query.set(key, String(value));
  }
  return query.size > 0 ? `?${query}` : '';
}

/** Sends a change. @throws ApiError as {@link getJson} does */
export async function sendJson<T>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  if (body === undefined) return await exchange(path, { method });
  return await exchange(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Sends a text or a file of that type. @throws ApiError as {@link getJson} does */
export async function sendFile<T>(
  method: 'PUT' | 'POST',
  path: string,
  body: string | Blob,
  type: string,
): Promise<T> {
  return await exchange(path, { method, headers: { 'content-type': type }, body });
}

async function exchange<T>(path: string, init: RequestInit): Promise<T> {
  return (await readBody(await ask(path, init))) as T;
}

/** A successful answer whose body is not read yet. */
async function ask(path: string, init: RequestInit): Promise<Response> {
  // This request gets no token: its answer says who signs people in.
  const token = path === CONFIG ? null : await (await sessionSource())?.token();
  const response = await send(`${BASE_URL}${path}`, init, token ?? null);
  if (!response.ok) throw new ApiError(response.status, errorOf(await readBody(response)));
  return response;
}

async function send(url: string, init: RequestInit, token: string | null): Promise<Response> {
  try {
    return await fetch(url, {
      ...init,
      headers: {
        accept: 'application/json',
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...init.headers,
      },
      // A separately hosted dashboard uses only tokens, so no cookie is sent.
      credentials: BASE_URL === '' ? 'same-origin' : 'omit',
    });
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause;
    throw unreachable();
  }
}

function unreachable(): ApiError {
  return new ApiError(0, {
    code: 'unreachable',
    message: 'The X-Ray server did not answer. It may be stopped or restarting.',
  });
}

async function readBody(response: Response): Promise<unknown> {
  try {
    return parseJson(await response.text());
  } catch {
    throw new ApiError(response.status, {
      code: 'not_json',
      message: `The server answered ${response.status} with something that is not JSON.`,
    });
  }
}

function errorOf(body: unknown): Partial<ErrorBody['error']> {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : null;
  return typeof error === 'object' && error !== null ? error : {};
}
