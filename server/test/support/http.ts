import { request } from 'node:http';
import type { ExecutionDetail, ExecutionPage, IngestResult } from '@xray/core';
import { API_KEY, APP } from './databases.js';

/** Posts to `/executions` like an SDK. A string or bytes are sent unchanged. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  return await fetch(`${url}/executions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': API_KEY, ...headers },
    body: isRaw ? body : JSON.stringify(body),
  });
}

export async function postOk(url: string, body: unknown): Promise<IngestResult> {
  const response = await post(url, body);
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as IngestResult;
}

export async function detail(
  url: string,
  executionId: string,
  query = '',
): Promise<ExecutionDetail> {
  return await get<ExecutionDetail>(`${url}/api/apps/${APP}/executions/${executionId}${query}`);
}

export async function list(url: string, query = ''): Promise<ExecutionPage> {
  return await get<ExecutionPage>(`${url}/api/apps/${APP}/executions${query}`);
}

/** Sends a request with the first key, which may read. */
export async function fetchWithKey(url: string, init: RequestInit = {}): Promise<Response> {
  return await fetch(url, { ...init, headers: { 'x-api-key': API_KEY } });
}

/** The JSON of a successful answer. Any other answer fails the test. */
export async function get<Answer>(url: string): Promise<Answer> {
  const response = await fetchWithKey(url);
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** The status of a GET with headers that `fetch` does not allow. */
export async function statusWith(url: string, headers: Record<string, string>): Promise<number> {
  return await new Promise((resolve, reject) => {
    const req = request(url, { headers }, (res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    });
    req.once('error', reject);
    req.end();
  });
}
