import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { executionIdSchema, type ErrorBody, type IngestResult, type Me } from '@xray/core';
import fc from 'fast-check';
import { hasDuplicateMembers, pathOfDuplicate } from '#server/records/duplicate-members.js';
import { API_KEY, APP, freshServer } from './support/databases.js';
import { fetchWithKey, post, postOk } from './support/http.js';
import { PASSWORD, Visitor, WITH_ADMINISTRATOR, administratorOf } from './support/people.js';
import { snapshot } from './support/snapshots.js';

let server: Awaited<ReturnType<typeof freshServer>>;
let ada: Visitor;
beforeAll(async () => {
  server = await freshServer('pglite', WITH_ADMINISTRATOR);
  ada = await administratorOf(server);
});
afterAll(() => server.close());

test('a key of a record with U+0000 or an unpaired surrogate loses nothing', async () => {
  const keys = { 'a\0b': '1', 'a\ud800b': '2', 'a\ufffdb': '3' };
  const step = {
    name: 'pick',
    candidates: {
      in: 1,
      out: 0,
      byOutcome: { rejected: 1 },
      byReason: { 'A\ud800': 1 },
      items: [],
    },
  };
  const sent = snapshot({ metadata: keys, versions: keys, steps: [step] });
  expect(await postOk(server.url, sent)).toMatchObject({ accepted: 1 });
});

describe.each([
  ['U+0000', '\0'],
  ['half of a surrogate pair', '\ud800'],
])('%s in a text', (_name, bad) => {
  const app = `/api/apps/${APP}`;
  const account = { email: 'x@example.org', name: `x${bad}`, password: PASSWORD };
  const bodies: [method: string, path: string, body: object, field: string][] = [
    ['POST', '/api/apps', { id: 'new', name: `a${bad}` }, 'name'],
    ['PATCH', app, { name: `a${bad}` }, 'name'],
    ['POST', `${app}/keys`, { name: `a${bad}` }, 'name'],
    ['POST', `${app}/keys`, { environments: ['prod', `a${bad}`] }, 'environments.1'],
    ['PATCH', '/api/me', { name: `a${bad}` }, 'name'],
    ['POST', `${app}/views`, { name: 'v', params: { q: `a${bad}` } }, 'params.q'],
    ['POST', `${app}/views`, { name: 'v', params: { [`q${bad}`]: 'a' } }, 'params'],
    ['POST', `${app}/invitations`, { role: 'viewer', email: `a${bad}@example.org` }, 'email'],
    ['POST', '/api/invitations/accept', { token: 'none', account }, 'account.name'],
    ['POST', '/api/invitations/preview', { token: `a${bad}` }, 'token'],
    ['POST', '/api/setup', { token: 'none', ...account }, 'name'],
    ['POST', '/api/auth/sign-in/link', { token: `a${bad}` }, 'token'],
    [
      'POST',
      `${app}/prune`,
      { what: { kind: 'subject', type: `a${bad}`, id: '1' }, dryRun: true },
      'what.type',
    ],
    [
      'PUT',
      `${app}/retention`,
      { items: [{ environment: `a${bad}`, days: 1, legalHold: false }] },
      'items.0.environment',
    ],
  ];
  test.each(bodies)('%s %s with %j is a 400 that names it', async (method, path, body, field) => {
    const answer = await ada.send(method, path, body);
    expect({ status: answer.status, ...(answer.body as ErrorBody).error }).toMatchObject({
      status: 400,
      code: 'invalid',
      message: expect.stringContaining(field),
      details: [{ path: field, code: 'invalid_text' }],
    });
  });

  test('is a wrong password at the sign-in', async () => {
    for (const [email, password] of [
      [`a${bad}@example.org`, 'x'],
      ['ada@example.org', `x${bad}`],
    ]) {
      const visitor = new Visitor(server.url);
      const answer = await visitor.send('POST', '/api/auth/sign-in/email', { email, password });
      expect(answer.status).toBe(401);
    }
    expect(await ada.ask<Me>('GET', '/api/me')).not.toBeNull();
  });
});

describe('an unknown parameter', () => {
  const app = `/api/apps/${APP}`;
  const paths: [string, string][] = [
    [`${app}/executions?q[]=x`, 'q[]'],
    [`${app}/executions?unknown=1`, 'unknown'],
    [`${app}/executions?Limit=1`, 'Limit'],
    [`${app}/executions?constructor=1`, 'constructor'],
    [`${app}/export?pipeline=p`, 'pipeline'],
    [`${app}/export?form=2026-01-01T00:00:00Z`, 'form'],
    [`${app}/facets?sort=at`, 'sort'],
    [`${app}/histogram?bucket=1`, 'bucket'],
    [`${app}/pipelines?q=x&limt=1`, 'limt'],
    [`${app}/live?from=2026-01-01T00:00:00Z`, 'from'],
    [`${app}/executions/e1?payload=false`, 'payload'],
    [`${app}/executions/e1/steps/0?x=1`, 'x'],
    [`${app}/lookup/e1?id=2`, 'id'],
    [`/api/apps?archived=true`, 'archived'],
    [`${app}/executions?q=%ZZ`, 'q'],
    [`${app}/executions?q=%E0%A4%A`, 'q'],
    [`${app}/executions?q=a&q=b`, 'q'],
    [`${app}/executions?limit=`, 'limit'],
  ];
  test.each(paths)('%s is a 400 that names it', async (path, name) => {
    const response = await fetchWithKey(server.url + path);
    const { error } = (await response.json()) as ErrorBody;
    expect({ status: response.status, message: error.message }).toEqual({
      status: 400,
      message: expect.stringContaining(name),
    });
  });

  test('is refused before anything is erased', async () => {
    await postOk(server.url, snapshot({ executionId: 'kept' }));
    const path = `${app}/executions/kept`;
    expect((await ada.send('DELETE', `${path}?dryRun=true`)).status).toBe(400);
    expect((await fetchWithKey(server.url + path)).status).toBe(200);
  });

  test('is neither a documented one nor one of a probe', async () => {
    await postOk(server.url, snapshot({ executionId: 'kept' }));
    for (const path of [
      `${app}/executions?q=tag:a&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&limit=5&sort=at&status=failed`,
      `${app}/executions/kept?payloads=false`,
      `${app}/executions/kept/explain?format=text`,
      `${app}/export?q=status:failed`,
      '/health?probe=1',
      '/ready?probe=1',
    ]) {
      expect({ path, status: (await fetchWithKey(server.url + path)).status }).toEqual({
        path,
        status: 200,
      });
    }
  });
});

describe('a text that is not exactly a whole number', () => {
  const app = `/api/apps/${APP}`;
  const texts = [
    '%20',
    '+1',
    '1e2',
    '0x10',
    '0b1',
    '1.0',
    '-1',
    '01',
    '%201',
    '1_0',
    '\u0663',
    'Infinity',
  ];
  test.each(texts)('%s is a 400 wherever a number is read', async (text) => {
    const paths = [
      `${app}/executions?limit=${text}`,
      `${app}/facets?values=${text}`,
      `${app}/histogram?buckets=${text}`,
      `${app}/candidates/c?limit=${text}`,
      `${app}/subjects/t/s?limit=${text}`,
      `${app}/executions/e1/steps/${text}`,
      `/api/users?limit=${text}`,
      `${app}/audit?limit=${text}`,
      `${app}/audit?before=${text}`,
    ];
    const answers = await Promise.all(paths.map((path) => ada.send('GET', path)));
    expect(answers.map(({ status }, index) => [paths[index], status])).toEqual(
      paths.map((path) => [path, 400]),
    );
  });
});

describe('a text that is no instant of the years 1 to 9999', () => {
  const app = `/api/apps/${APP}`;
  const instants = [
    'soon',
    '',
    '2026-02-30T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-14:00',
  ];

  test.each(instants)('%s is a 400 in keys of another database', async (instant) => {
    const key = {
      id: 'k1',
      name: 'k',
      hash: '0'.repeat(64),
      scopes: ['ingest'],
      environments: null,
      requestsPerMinute: null,
      createdAt: '2026-01-01T00:00:00Z',
      createdBy: null,
      expiresAt: null,
      revokedAt: null,
    };
    const transferOf = (wrong: object): object => ({
      app: { id: APP, name: APP, createdAt: key.createdAt },
      retention: [],
      keys: [{ ...key, ...wrong }],
    });
    const wrongs = [
      { createdAt: instant },
      { expiresAt: instant },
      { revokedAt: instant },
      { requestsPerMinute: 0 },
      { requestsPerMinute: 3e9 },
    ];
    for (const wrong of wrongs) {
      const { status, body } = await ada.send('POST', `${app}/transfer`, transferOf(wrong));
      expect({ wrong, status, body }).toMatchObject({
        status: 400,
        body: { error: { message: expect.stringContaining(Object.keys(wrong)[0] ?? '') } },
      });
    }
  });

  test.each(instants)(
    '%s in a line of an import is invalid, and the line is named',
    async (instant) => {
      const line = (receivedAt: string): string =>
        `{"snapshot":${JSON.stringify(snapshot())},"server":{"receivedAt":${JSON.stringify(receivedAt)},"conflict":false,"stale":false,"bytes":1}}\n`;
      const { body } = await ada.send(
        'POST',
        `${app}/import`,
        line(instant) + line('2026-01-01T00:00:00Z'),
        {
          'content-type': 'application/x-ndjson',
        },
      );
      expect(body).toMatchObject({
        accepted: 1,
        rejected: [{ index: 0, code: 'invalid', message: expect.stringContaining('receivedAt') }],
      });
    },
  );

  test('as the end of an erasure is refused, or becomes the nearest instant', async () => {
    for (const before of ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59-14:00']) {
      const what = { kind: 'received_before', before };
      const { status } = await ada.send('POST', `${app}/prune`, { what, dryRun: true });
      expect({ before, status }).toEqual({ before, status: 200 });
    }
  });
});

test('the audit log keeps no value of an export and no id of an erased person', async () => {
  const app = `/api/apps/${APP}`;
  const name = 'Grace.Hopper';
  const subject = { kind: 'subject', type: 'applicant', id: name };
  await postOk(server.url, snapshot({ subjects: [{ type: 'applicant', id: name }] }));
  await fetchWithKey(`${server.url}${app}/export?q=subject:applicant/${name}%20OR%20${name}`);
  expect((await ada.send('POST', `${app}/prune`, { what: subject })).status).toBe(200);
  const { body } = await ada.send('GET', `${app}/audit`);
  const { items } = body as { items: { action: string; details: object }[] };
  const detailsOf = (action: string): object | undefined =>
    items.find((entry) => entry.action === action)?.details;
  expect(detailsOf('export')).toEqual({ format: 'ndjson', filterBy: ['subject', 'text'] });
  expect(detailsOf('execution.prune')).toMatchObject({
    what: { kind: 'subject', type: 'applicant' },
  });
  expect(JSON.stringify(body)).not.toContain(name);
});

describe('an API key in a URL', () => {
  test.each([
    ['a chosen one', (key: string) => `?api_key=${encodeURIComponent(key)}`],
    ['with a letter encoded', (key: string) => `?key=%78${key.slice(1)}`],
    ['encoded twice', (key: string) => `?key=%2578${key.slice(1)}`],
    ['within a filter', (key: string) => `?q=tag:${key}+x`],
    ['in front of more', (key: string) => `?a=${key}&b=1`],
    ['in the path', (key: string) => `/${key}`],
  ])('is refused: %s', async (_name, place) => {
    const made = (await ada.newKey(APP)).key;
    for (const key of [API_KEY, made]) {
      for (const path of ['/api/apps', `/api/apps/${APP}/executions`]) {
        const response = await fetchWithKey(server.url + path + place(key));
        const text = await response.text();
        expect({ status: response.status, text }).toEqual({
          status: 400,
          text: expect.stringContaining('This URL contains an API key'),
        });
        expect(text).not.toContain(key);
      }
    }
  });

  test('is refused at ingest, even next to the right key in the header', async () => {
    const response = await fetch(`${server.url}/executions?api_key=${API_KEY}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': API_KEY },
      body: JSON.stringify(snapshot()),
    });
    expect(response.status).toBe(400);
  });

  test('may be the beginning of an id', async () => {
    const executionId = 'xr_order_of_a_customer_in_2026_11_30';
    await postOk(server.url, snapshot({ executionId }));
    const response = await fetchWithKey(`${server.url}/api/apps/${APP}/executions/${executionId}`);
    expect(response.status).toBe(200);
  });
});

describe('a member twice in a snapshot', () => {
  test.each([
    [
      'appId',
      `{"executionId":"d1","appId":"other-app","appId":"${APP}","pipeline":"p","steps":[]}`,
    ],
    [
      'environment',
      `{"executionId":"d2","appId":"${APP}","pipeline":"p","environment":"a","steps":[],"environment":"b"}`,
    ],
    [
      'steps[1].name',
      `{"executionId":"d3","appId":"${APP}","pipeline":"p","steps":[{"name":"a"},{"name":"b","name":"c"}]}`,
    ],
    [
      'executionId',
      String.raw`{"executionId":"d4","appId":"${APP}","pipeline":"p","steps":[],"execution\u0049d":"d5"}`,
    ],
    [
      'decision.outcome',
      `{"executionId":"d6","appId":"${APP}","pipeline":"p","decision":{"outcome":"a","outcome":"b"},"steps":[]}`,
    ],
  ])('is refused, and the error names %s', async (path, text) => {
    const response = await post(server.url, text);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as ErrorBody;
    expect(error.details).toEqual([{ path, code: 'duplicate_member' }]);
    const batch = (await (await post(server.url, `[${text}]`)).json()) as IngestResult;
    expect(batch.rejected).toMatchObject([{ code: 'invalid' }]);
  });

  test('is found in JSON of any shape, and only if it exists', () => {
    fc.assert(
      fc.property(fc.json(), fc.boolean(), (json, isSpaced) => {
        const parsed: unknown = JSON.parse(json);
        const text = isSpaced ? JSON.stringify(parsed, null, 2) : json;
        expect(hasDuplicateMembers(text, JSON.parse(text))).toBe(
          pathOfDuplicate(text) !== undefined,
        );
        const twice = `{"a":1,"b":${text},"a" :2}`;
        expect(hasDuplicateMembers(twice, JSON.parse(twice))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a name that is a step in a path', () => {
  test('is refused where it would be part of an address', async () => {
    for (const dots of ['.', '..']) {
      expect(executionIdSchema.safeParse(dots).success).toBe(false);
      for (const change of [{ executionId: dots }, { pipeline: dots }]) {
        const response = await post(server.url, snapshot(change));
        const { error } = (await response.json()) as ErrorBody;
        expect(response.status).toBe(400);
        expect(error.details?.[0]?.path).toBe(Object.keys(change)[0]);
      }
      expect((await ada.send('POST', '/api/apps', { id: dots })).status).toBe(400);
    }
  });

  test('is found among candidates and subjects', async () => {
    await postOk(
      server.url,
      snapshot({
        subjects: [{ type: '..', id: '.' }],
        steps: [
          {
            name: 's',
            candidates: {
              in: 1,
              out: 1,
              byOutcome: { kept: 1 },
              items: [{ id: '..', outcome: 'kept' }],
            },
          },
        ],
      }),
    );
    const subject = await fetchWithKey(`${server.url}/api/apps/${APP}/subjects/~../~.`);
    expect(await subject.json()).toMatchObject({ type: '..', id: '.', executions: 1 });
    const candidate = await fetchWithKey(`${server.url}/api/apps/${APP}/candidates/~..`);
    expect(await candidate.json()).toMatchObject({ id: '..', executions: 1 });
  });
});
