import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { APP, freshServer } from './support/databases.js';
import { fetchWithKey, list, post, postOk } from './support/http.js';

const N1 = '9007199254740993';
const N2 = '9007199254740992';
const HUGE = '1e400';
const DECIMAL = '0.12345678901234567890';

/** A record from a sender whose numbers are not doubles. */
function record(id: string, number: string, changes = ''): string {
  return `{"executionId":"${id}","appId":"${APP}","pipeline":"p","metadata":{"acct":${number},"huge":${HUGE}},
    "decision":{"outcome":"declined","adverse":true,"reasons":[{"code":"MIN","ruleId":"min"}]},
    "subjects":[{"type":"applicant","id":"${id}"}],
    "steps":[{"name":"s","input":{"decimal":${DECIMAL}},"output":{"acct":${number},"huge":[${HUGE}]},"unknown":${number},
    "rules":[{"id":"min","op":">=","actual":${N2},"threshold":${number},"result":"fail","effect":"reject"}],
    "candidates":{"in":1,"out":0,"byOutcome":{"rejected":1},"items":[{"id":"c-${id}","outcome":"rejected",
    "rules":[{"id":"min","result":"fail","actual":${number}}]}]}}]${changes}}`;
}

describe('numbers that a double cannot hold', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let api: string;
  beforeAll(async () => {
    server = await freshServer('pglite');
    api = `${server.url}/api/apps/${APP}`;
    await postOk(server.url, record('n1', N1));
    await postOk(server.url, record('n2', N2));
  });
  afterAll(() => server.close());

  const text = async (path: string): Promise<string> => {
    const answer = await fetchWithKey(`${api}/${path}`);
    expect(answer.status).toBe(200);
    return await answer.text();
  };
  const found = async (q: string): Promise<string[]> =>
    (await list(server.url, `?q=${encodeURIComponent(q)}`)).items
      .map(({ executionId }) => executionId)
      .sort();

  test.each([
    'executions/n1',
    'executions/n1?payloads=false',
    'executions/n1/steps/0',
    'executions/n1/explain',
    'executions/n1/explain?format=text',
    'candidates/c-n1',
    'subjects/applicant/n1',
    'export',
  ])('keep their digits in %s', async (path) => {
    expect(await text(path)).toContain(N1);
  });

  test('keep their digits if they are too large or too fine', async () => {
    const step = await text('executions/n1/steps/0');
    expect(step).toContain(`"huge":[${HUGE}]`);
    expect(step).toContain(`"decimal":${DECIMAL}`);
    expect(await text('executions/n1?payloads=false')).toContain(`"huge":${HUGE}`);
  });

  test('distinguish two executions', async () => {
    const comparison = await text('compare?a=n1&b=n2');
    expect(comparison).toContain('"same":false');
    expect(comparison).toContain(`{"path":"/metadata/acct","kind":"changed","a":${N1},"b":${N2}}`);
    expect(await text('compare?a=n1&b=n1')).toContain('"same":true');
  });

  test.each([
    [N1, ['n1']],
    [`metadata.acct:${N1}`, ['n1']],
    [`metadata.acct:${N2}`, ['n2']],
    [`metadata.acct:${N1}.0`, ['n1']],
    [`-metadata.acct:${N1}`, ['n2']],
    ['metadata.huge:10e399', ['n1', 'n2']],
    ['metadata.huge:1e401', []],
    ['metadata.huge:1e999999999', []],
  ])('find exactly the matching executions with %s', async (q, ids) => {
    expect(await found(q)).toEqual(ids);
  });

  test('distinguish two flushes, and are read the same in large and small flushes', async () => {
    const padding = `,"output":"${'x'.repeat(300 * 1024)}"`;
    const [first, second] = [`${N1}7`, `${N1}8`];
    const results = [];
    for (const number of [first, first, second]) {
      const answer = await post(server.url, record('large', number, padding));
      results.push(await answer.json());
    }
    expect(results).toMatchObject([{ accepted: 1 }, { duplicates: 1 }, { duplicates: 0 }]);
    const kept = (await text('executions/large')).includes(first) ? first : second;
    expect(await found(`metadata.acct:${kept}`)).toEqual(['large']);
  });
});
