import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startServer } from '#server/main.js';
import {
  comparisonSchema,
  explanationSchema,
  type Comparison,
  type ErrorBody,
  type Explanation,
  type Snapshot,
} from '@xray/core';
import { API_KEY, APP, configFor, driverInCi, freshServer, newPlace } from './support/databases.js';
import { fetchWithKey, get, postOk } from './support/http.js';
import { callCli } from './support/process.js';
import { FULL_SNAPSHOT, snapshot } from './support/snapshots.js';

/** A loan that one of two rules declines because of its score. */
function loan(executionId: string, score: number, changes: Partial<Snapshot> = {}): Snapshot {
  const isGood = score >= 660;
  return snapshot({
    executionId,
    subjects: [{ type: 'applicant', id: '8123' }],
    versions: { ruleset: 'r42' },
    decision: {
      outcome: isGood ? 'approved' : 'declined',
      adverse: !isGood,
      ...(!isGood && { reasons: [{ code: 'SCORE_LOW', ruleId: 'min_score' }] }),
    },
    steps: [
      { name: 'fetch_credit_score', output: { score } },
      {
        name: 'rules',
        kind: 'rules',
        rules: [
          {
            id: 'min_score',
            result: isGood ? 'pass' : 'fail',
            field: 'score',
            op: '>=',
            actual: score,
            threshold: 660,
          },
          { id: 'max_dti', result: 'pass', op: '<=', actual: 0.3, threshold: 0.43 },
        ],
      },
    ],
    ...changes,
  });
}

const HOSTILE = '\u001B[2J</script>\n\u202Eevil\'"; DROP TABLE executions;--\u0007';

describe.each(driverInCi('postgres'))('questions on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let api: string;
  beforeAll(async () => {
    server = await freshServer(driver);
    api = `${server.url}/api/apps/${APP}`;
    await postOk(server.url, [
      loan('low', 612),
      loan('high', 700),
      snapshot({ executionId: 'minimal' }),
      { ...FULL_SNAPSHOT, executionId: 'full' },
      loan('hostile', 612, {
        pipeline: HOSTILE,
        decision: { outcome: HOSTILE, reasons: [{ code: '__proto__', text: HOSTILE }] },
        steps: [{ name: HOSTILE, rules: [{ id: HOSTILE, result: 'fail', actual: HOSTILE }] }],
      }),
    ]);
  });
  afterAll(() => server.close());

  test('explain gives the reason with the rule as it was evaluated, and the change that would have flipped it', async () => {
    const explanation = await get<Explanation>(`${api}/executions/low/explain`);
    expect(explanation).toMatchObject({
      executionId: 'low',
      outcome: 'declined',
      subjects: [{ type: 'applicant', id: '8123' }],
      reasons: [
        {
          code: 'SCORE_LOW',
          support: 'evidenced',
          evidence: [{ rule: 'min_score', actual: 612, threshold: 660, decisive: true }],
        },
      ],
      nearMiss: {
        unknown: null,
        changes: [{ rule: 'min_score', needs: { op: '>=', value: 660 } }],
      },
      versions: [{ name: 'ruleset', version: 'r42' }],
    });
  });

  test('explain can be printed as plain text', async () => {
    const response = await fetchWithKey(`${api}/executions/low/explain?format=text`);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toContain(
      'Rule min_score in step 1 (rules) failed: score was 612, at least 660 was required; it decided.',
    );
  });

  test('explain has an answer for a body without rules or a decision', async () => {
    const explanation = await get<Explanation>(`${api}/executions/minimal/explain`);
    expect(explanation).toMatchObject({
      outcome: null,
      reasons: [],
      nearMiss: { unknown: 'no_decision' },
    });
  });

  test('compare names the first different step, its values and the rule where the two diverge', async () => {
    const comparison = await get<Comparison>(`${api}/compare?a=low&b=high`);
    expect(comparison).toMatchObject({
      same: false,
      a: { executionId: 'low', outcome: 'declined' },
      b: { executionId: 'high', outcome: 'approved' },
      firstDivergence: {
        a: { name: 'fetch_credit_score' },
        changes: [{ path: '/output/score', a: 612, b: 700 }],
      },
      partsAt: { a: { name: 'rules' }, rules: [{ rule: 'min_score' }] },
    });
    expect(await get<Comparison>(`${api}/compare?a=low&b=low`)).toMatchObject({ same: true });
  });

  test('a long comparison blocks nobody', async () => {
    // About four million bytes of small arrays, all different, which take a second of work.
    const large = (executionId: string, salt: number): Snapshot => {
      const output = Array.from({ length: 300_000 }, (_, place) => [place, salt]);
      return snapshot({ executionId, steps: [{ name: 'weigh', output }] });
    };
    await postOk(server.url, large('large-a', 1));
    await postOk(server.url, large('large-b', 2));
    const answered: string[] = [];
    const compare = async (a: string, b: string): Promise<Comparison> => {
      const comparison = await get<Comparison>(`${api}/compare?a=${a}&b=${b}`);
      answered.push(a);
      return comparison;
    };
    const long = compare('large-a', 'large-b');
    // A request after this one arrives later.
    await get<object>(`${server.url}/health`);
    // On the event loop, the first comparison would end before the second begins.
    const [comparison] = await Promise.all([long, compare('low', 'high')]);
    expect(answered).toEqual(['low', 'large-a']);
    expect(comparison.firstDivergence?.a?.name).toBe('weigh');
  });

  test('every answer has the documented shape, for any two records', async () => {
    const ids = ['low', 'high', 'minimal', 'full', 'hostile'];
    for (const a of ids) {
      const explanation = await get<Explanation>(`${api}/executions/${a}/explain`);
      expect(explanationSchema.parse(explanation)).toEqual(explanation);
      for (const b of ids) {
        const comparison = await get<Comparison>(`${api}/compare?a=${a}&b=${b}`);
        expect(comparisonSchema.parse(comparison)).toEqual(comparison);
      }
    }
  });

  test('hostile texts are complete in JSON and harmless in text', async () => {
    const explanation = await get<Explanation>(`${api}/executions/hostile/explain`);
    expect(explanation).toMatchObject({
      outcome: HOSTILE,
      reasons: [{ code: '__proto__', text: HOSTILE, support: 'stated', evidence: [] }],
      unnamedFailures: [{ rule: HOSTILE, actual: HOSTILE }],
    });
    const response = await fetchWithKey(`${api}/executions/hostile/explain?format=text`);
    expect((await response.text()).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202E]/u);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test.each([
    ['an execution that is not there', 'executions/none/explain', 404],
    ['a hostile id', `executions/${encodeURIComponent(HOSTILE)}/explain`, 404],
    ['a format that is not known', 'executions/low/explain?format=xml', 400],
    ['a first that is not there', 'compare?a=none&b=low', 404],
    ['a second that is not there', 'compare?a=low&b=none', 404],
    ['one execution alone', 'compare?a=low', 400],
    ['an id that is too long', `compare?a=low&b=${'x'.repeat(129)}`, 400],
  ])('refuses %s', async (_name, path, status) => {
    const response = await fetchWithKey(`${api}/${path}`);
    expect(response.status).toBe(status);
    expect(((await response.json()) as ErrorBody).error.code).toBe(
      status === 404 ? 'not_found' : 'invalid',
    );
  });

  test('an unknown app has no answers', async () => {
    const other = `${server.url}/api/apps/none`;
    for (const path of ['executions/low/explain', 'compare?a=low&b=high']) {
      expect((await fetchWithKey(`${other}/${path}`)).status).toBe(404);
    }
  });

  test('a key without the read scope is refused', async () => {
    const headers = { 'x-api-key': API_KEY.replace('test', 'none') };
    expect((await fetch(`${api}/executions/low/explain`, { headers })).status).toBe(401);
    expect((await fetch(`${api}/compare?a=low&b=high`, { headers })).status).toBe(401);
  });
});

describe.each(driverInCi('postgres'))('the questions of the command line on %s', (driver) => {
  test('query prints the results of a filter, and marks the position of an error in it', async () => {
    const place = await newPlace(driver);
    onTestFinished(() => place.remove());
    const server = await startServer(configFor(place));
    await postOk(server.url, [loan('low', 612), loan('high', 700)]);
    const query = (...words: string[]) => callCli(place, ['query', ...words, '--app', APP]);

    const declined = await query('rule:min_score');
    expect(declined.stdout).toContain('declined');
    expect(declined.stdout.trim().split('\n')).toHaveLength(1);
    expect(declined.stdout).toContain('low');
    const all = (await query('--json')).stdout.trim().split('\n');
    expect(all.map((line) => (JSON.parse(line) as { executionId: string }).executionId)).toEqual(
      expect.arrayContaining(['low', 'high']),
    );
    expect((await query('--json', '--limit', '1')).stdout.trim().split('\n')).toHaveLength(1);
    expect((await query('tag:none')).stdout).toContain('No results');

    const wrong = await query('env:prod pipelin:loan');
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('  env:prod pipelin:loan\n           ^');
    await server.stop();
  });

  test('explain and diff print readable text, and JSON', async () => {
    const place = await newPlace(driver);
    onTestFinished(() => place.remove());
    const server = await startServer(configFor(place));
    await postOk(server.url, [loan('low', 612), loan('high', 700)]);

    const explained = await callCli(place, ['explain', 'low', '--app', APP]);
    expect(explained.stdout).toContain('the decision was declined');
    expect(explained.stdout).toContain('score at least 660, instead of 612');
    const asJson = await callCli(place, ['explain', 'low', '--app', APP, '--json']);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ outcome: 'declined' });

    const diff = await callCli(place, ['diff', 'low', 'high', '--app', APP]);
    expect(diff.stdout).toContain('First difference: step 0 · fetch_credit_score');
    expect(diff.stdout).toContain('rule min_score: fail → pass, actual 612 → 700');
    const diffAsJson = await callCli(place, ['diff', 'low', 'high', '--app', APP, '--json']);
    expect(JSON.parse(diffAsJson.stdout)).toMatchObject({ same: false });

    const missing = await callCli(place, ['explain', 'none', '--app', APP]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('no execution with this id');
    await server.stop();
  });
});
