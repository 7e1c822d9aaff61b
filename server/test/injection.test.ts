import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { QUERY_FIELDS, type ExecutionPage } from '@xray/core';
import { allRoutes } from '#server/app.js';
import type { Deps, Endpoint } from '#server/routes/route.js';
import { APP, freshServer } from './support/databases.js';
import { postOk, statusWith } from './support/http.js';
import { snapshot } from './support/snapshots.js';
import { Visitor, WITH_ADMINISTRATOR, administratorOf } from './support/people.js';

/** No answer to a hostile question may contain this, because nothing that exists is asked for. */
const PLANTED = 'planted-where-nobody-asked';
const MOST_HOSTILE = ["' OR '1'='1", "'; DROP TABLE xray.executions; --", '{"$ne":null}', '\\'];
const HOSTILE = [
  ...MOST_HOSTILE,
  '" OR pipeline:* OR "',
  '$1',
  '%27%20OR%201=1--',
  '${7*7}{{7*7}}',
  '../../etc/passwd',
  '__proto__',
  '\u202e\u0007',
];

const ROUTES = allRoutes({} as Deps).filter(({ path }) => !path.includes('sign-out'));
const READING = ROUTES.filter(({ method, policy }) => method === 'get' && policy !== 'console');
const nameOf = ({ method, path }: Endpoint): string => `${method.toUpperCase()} ${path}`;
const quoted = (text: string): string => JSON.stringify(text);

/** The values of the other parameters while one parameter is hostile. */
const HARMLESS: Record<string, string> = { app: APP, a: 'none', b: 'none' };

function fieldsOf(schema: z.ZodType | undefined): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function concrete(path: string, values: Record<string, string> = {}): string {
  return path.replaceAll(/:(\w+)/g, (_whole, name: string) =>
    encodeURIComponent(values[name] ?? HARMLESS[name] ?? 'none'),
  );
}

let server: Awaited<ReturnType<typeof freshServer>>;
let ada: Visitor;
beforeAll(async () => {
  server = await freshServer('postgres', WITH_ADMINISTRATOR);
  ada = await administratorOf(server);
  await postOk(server.url, [
    snapshot({ executionId: PLANTED, pipeline: PLANTED, subjects: [{ type: 'a', id: PLANTED }] }),
    snapshot({ executionId: 'other' }),
  ]);
});
afterAll(() => server.close());

/** Sends a request. A stream is left alone once it has begun. */
async function ask(where: string): Promise<{ status: number; text: string }> {
  const leaving = new AbortController();
  const response = await fetch(server.url + where, {
    headers: { cookie: ada.cookie },
    signal: leaving.signal,
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = isStream ? '' : await response.text();
  leaving.abort();
  return { status: response.status, text };
}

/**
 * Faults of an answer. The answer should be an ordinary one, because the request is invalid or
 * names nothing.
 */
async function faultsOf(where: string): Promise<string[]> {
  const { status, text } = await ask(where);
  if (![200, 400, 404, 422].includes(status)) return [`${where}: ${status}`];
  return text.includes(PLANTED) ? [`${where}: ${text}`] : [];
}

/** The same for requests that would change something. None of them may succeed. */
async function faultsOfSending(method: string, where: string, body: unknown): Promise<string[]> {
  const { status } = await ada.send(method.toUpperCase(), where, body, {
    'content-type': where.endsWith('/import') ? 'application/x-ndjson' : 'application/json',
  });
  return status < 500 ? [] : [`${method} ${where} ${JSON.stringify(body)}: ${status}`];
}

describe('a hostile text finds nothing and breaks nothing', () => {
  const byQuery = READING.filter(({ query }) => query !== undefined);

  test.each(byQuery.map((route) => [nameOf(route), route] as const))(
    'in any parameter of the query of %s',
    async (_name, { path, query }) => {
      const faults: string[] = [];
      const names = Object.keys(query?.shape ?? {});
      const needed = names.flatMap((name) =>
        HARMLESS[name] === undefined ? [] : [[name, HARMLESS[name]] as [string, string]],
      );
      for (const name of names) {
        const isFilter = ['q', 'a', 'b'].includes(name);
        for (const text of isFilter ? HOSTILE : MOST_HOSTILE) {
          const params = new URLSearchParams(needed);
          params.set(name, isFilter ? quoted(text) : text);
          faults.push(...(await faultsOf(`${concrete(path)}?${params}`)));
        }
        const objects = `${concrete(path)}?${name}[$ne]=x&${name}[polluted]=1&__proto__[polluted]=1`;
        if ((await ask(objects)).status >= 500) faults.push(objects);
      }
      expect(faults).toEqual([]);
    },
  );

  test.each(Object.entries(QUERY_FIELDS))(
    'as a value or a key of the filter %s',
    async (field, { keyed }) => {
      const faults: string[] = [];
      for (const text of HOSTILE) {
        const name = keyed === true ? `${field}.${quoted(text)}` : field;
        const params = new URLSearchParams({ q: `${name}:${quoted(text)}` });
        for (const view of ['executions', 'export']) {
          faults.push(...(await faultsOf(`/api/apps/${APP}/${view}?${params}`)));
        }
      }
      expect(faults).toEqual([]);
    },
  );

  test.each(
    ROUTES.filter(({ path, policy }) => path.includes(':') && policy !== 'console').map(
      (route) => [nameOf(route), route] as const,
    ),
  )('in any part of the path of %s', async (_name, { method, path, body }) => {
    const faults: string[] = [];
    for (const [, name = ''] of path.matchAll(/:(\w+)/g)) {
      for (const text of [...MOST_HOSTILE, '../../etc/passwd', '__proto__', '\u202e\u0007']) {
        const where = concrete(path, { [name]: text });
        const found =
          method === 'get'
            ? faultsOf(where)
            : faultsOfSending(method, where, body?.kind === 'raw' ? '' : {});
        faults.push(...(await found));
      }
    }
    expect(faults).toEqual([]);
  });

  test.each(
    ROUTES.filter(({ body }) => body?.kind === 'json').map(
      (route) => [nameOf(route), route] as const,
    ),
  )('in any field of the body of %s', async (_name, { method, path, body }) => {
    const faults: string[] = [];
    for (const name of fieldsOf(body?.schema)) {
      for (const value of [...MOST_HOSTILE, { $ne: null }, ["' OR 1=1"], null, 1e308]) {
        const sent = `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},${quoted(name)}:${JSON.stringify(value)}}`;
        faults.push(...(await faultsOfSending(method, concrete(path), sent)));
      }
    }
    expect(faults).toEqual([]);
  });

  test.each([
    'x-api-key',
    'cookie',
    'last-event-id',
    'content-type',
    'accept',
    'accept-encoding',
    'if-none-match',
    'origin',
    'x-forwarded-for',
    'user-agent',
  ])('in the header %s', async (header) => {
    const statuses = new Set<number>();
    for (const text of HOSTILE.filter((hostile) => /^[\x20-\x7e]+$/.test(hostile))) {
      const value = header === 'cookie' ? `xray.session_token=${text}` : text;
      const { url } = server;
      statuses.add(await statusWith(`${url}/api/apps/${APP}/executions`, { [header]: value }));
    }
    expect([...statuses]).toEqual([401]);
  });

  test('as an address or a password', async () => {
    const statuses = new Set<number>();
    for (const text of HOSTILE) {
      const account = { email: text, password: text };
      const visitor = new Visitor(server.url);
      statuses.add((await visitor.send('POST', '/api/auth/sign-in/email', account)).status);
    }
    expect([...statuses]).toEqual([401]);
  });

  test('and all records still exist', async () => {
    const page = await ada.ask<ExecutionPage>('GET', `/api/apps/${APP}/executions`);
    expect(page.items.map(({ executionId }) => executionId).toSorted()).toEqual(['other', PLANTED]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
