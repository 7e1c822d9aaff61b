import type {
  AppList,
  Comparison,
  ErrorBody,
  ErrorDetail,
  ExecutionDetail,
  ExecutionPage,
  Explanation,
  PipelineList,
  PublicConfig,
  StepDetail,
} from '@xray/core';
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

  constructor(status: number, body: Partial<ErrorBody['error']>) {
    super(body.message ?? `The server answered ${status}.`);
    this.status = status;
    this.code = body.code ?? 'unknown';
    this.requestId = body.requestId ?? null;
    this.details = body.details ?? [];
  }
}

/** Filters of the list as the server takes them; an absent or empty one does not filter. */
export interface ExecutionListParams {
  pipeline?: string | null;
  status?: string | null;
  outcome?: string | null;
  environment?: string | null;
  from?: string | null;
  to?: string | null;
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

export async function listPipelines(app: string, signal?: AbortSignal): Promise<PipelineList> {
  return await getJson(`${appPath(app)}/pipelines`, {}, signal);
}

export async function listExecutions(
  app: string,
  params: ExecutionListParams,
  signal?: AbortSignal,
): Promise<ExecutionPage> {
  return await getJson(`${appPath(app)}/executions`, { ...params }, signal);
}

/** One execution without its payloads, which are read step by step with {@link getStep}. */
export async function getExecution(
  app: string,
  executionId: string,
  signal?: AbortSignal,
): Promise<ExecutionDetail> {
  return await getJson(executionPath(app, executionId), { payloads: 'false' }, signal);
}

/** One execution with everything in it: up to 5 MB. */
export async function getWholeExecution(
  app: string,
  executionId: string,
  signal?: AbortSignal,
): Promise<ExecutionDetail> {
  return await getJson(executionPath(app, executionId), {}, signal);
}

export async function getStep(
  app: string,
  executionId: string,
  sequence: number,
  signal?: AbortSignal,
): Promise<StepDetail> {
  return await getJson(`${executionPath(app, executionId)}/steps/${sequence}`, {}, signal);
}

/** Why it was decided so, from the record alone. */
export async function getExplanation(
  app: string,
  executionId: string,
  signal?: AbortSignal,
): Promise<Explanation> {
  return await getJson(`${executionPath(app, executionId)}/explain`, {}, signal);
}

/** Where the courses of two executions part. */
export async function getComparison(
  app: string,
  a: string,
  b: string,
  signal?: AbortSignal,
): Promise<Comparison> {
  return await getJson(`${appPath(app)}/compare`, { a, b }, signal);
}

/** Where the server keeps what belongs to an app. */
export function appPath(app: string): string {
  return `/api/apps/${encodeURIComponent(app)}`;
}

function executionPath(app: string, executionId: string): string {
  return `${appPath(app)}/executions/${encodeURIComponent(executionId)}`;
}

/** @throws ApiError for every answer that is not a success, and for none at all */
export async function getJson<T>(path: string, params: Params, signal?: AbortSignal): Promise<T> {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== '') query.set(key, String(value));
  }
  const search = query.size > 0 ? `?${query}` : '';
  return await exchange(`${path}${search}`, signal === undefined ? {} : { signal });
}

/** Asks for a change. @throws ApiError as {@link getJson} does */
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

async function exchange<T>(path: string, init: RequestInit): Promise<T> {
  // The one question that is asked before it is known who signs people in, since its answer says so.
  const token = path === CONFIG ? null : await (await sessionSource())?.token();
  const response = await send(`${BASE_URL}${path}`, init, token ?? null);
  const body = await readBody(response);
  if (!response.ok) throw new ApiError(response.status, errorOf(body));
  return body as T;
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
      // Hosted apart from the server there are tokens alone, and no cookie to be sent across.
      credentials: BASE_URL === '' ? 'same-origin' : 'omit',
    });
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause;
    throw new ApiError(0, {
      code: 'unreachable',
      message: 'The X-Ray server did not answer. It may be stopped or restarting.',
    });
  }
}

async function readBody(response: Response): Promise<unknown> {
  try {
    return await response.json();
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
