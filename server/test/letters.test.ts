import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type {
  CandidateHistory,
  Case,
  ErrorBody,
  ExecutionEvidence,
  ExecutionPage,
  Explanation,
  Facets,
  Snapshot,
  StoredDictionary,
  SubjectHistory,
} from '@xray/core';
import { escapeMarkdown } from '#server/letters/template.js';
import { APP, freshServer } from './support/databases.js';
import { fetchWithKey, get, postOk } from './support/http.js';
import { WITH_ADMINISTRATOR, administratorOf, type Visitor } from './support/people.js';
import { callCli } from './support/process.js';
import { snapshot } from './support/snapshots.js';

const HOSTILE = '=cmd|\' /C calc\'!A0 <script>alert(1)</script> **bold** "x", y';

function loan(executionId: string, changes: Partial<Snapshot> = {}): Snapshot {
  return snapshot({
    executionId,
    pipeline: 'loan',
    startedAt: '2026-11-23T23:59:58.000Z',
    endedAt: '2026-11-24T00:00:01.000Z',
    subjects: [{ type: 'applicant', id: '8123' }],
    decision: {
      outcome: 'declined',
      adverse: true,
      reasons: [
        { code: 'DTI_HIGH', ruleId: 'max_dti', text: HOSTILE },
        { code: 'SCORE_LOW', ruleId: 'min_score' },
      ],
    },
    steps: [
      {
        name: 'rules',
        rules: [
          {
            id: 'max_dti',
            result: 'fail',
            field: 'dti',
            op: '<=',
            actual: 0.4712,
            threshold: 0.36,
          },
          {
            id: 'min_score',
            result: 'fail',
            field: 'score',
            op: '>=',
            actual: 612,
            threshold: 660,
            unit: 'pts',
          },
          { id: 'age', result: 'pass', field: 'age', op: '>=', actual: 44, threshold: 18 },
        ],
      },
    ],
    ...changes,
  });
}

const YAML = `
language: en
pipelines:
  loan: Loan application
outcomes:
  declined: { name: { en: Declined, de: Abgelehnt } }
reasons:
  DTI_HIGH:
    name: Your debts are high for your income
    description: Debts each month, divided by income
rules: { max_dti: Debt limit }
fields:
  dti: { name: { en: Debt to income, de: Schuldenquote } }
units: { pts: points }
`;

describe('letters, evidence and tables', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let administrator: Visitor;
  const api = (rest: string): string => `${server.url}/api/apps/${APP}/${rest}`;
  const text = async (rest: string): Promise<string> => {
    const response = await fetchWithKey(api(rest));
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return await response.text();
  };
  const refusal = async (rest: string): Promise<ErrorBody['error'] & { status: number }> => {
    const response = await fetchWithKey(api(rest));
    return { status: response.status, ...((await response.json()) as ErrorBody).error };
  };
  const put = async (body: string, type = 'application/yaml', query = '') =>
    await administrator.send('PUT', `/api/apps/${APP}/dictionary${query}`, body, {
      'content-type': type,
    });

  beforeAll(async () => {
    server = await freshServer('pglite', WITH_ADMINISTRATOR);
    administrator = await administratorOf(server);
    await postOk(server.url, [
      ...Array.from({ length: 12 }, (_, n) =>
        loan(`before-${n}`, {
          startedAt: new Date(Date.UTC(2026, 10, 20, n)).toISOString(),
          versions: { ruleset: 'r41' },
          subjects: [],
          steps: [
            {
              name: 'rules',
              rules: [
                {
                  id: 'max_dti',
                  result: 'fail',
                  field: 'dti',
                  op: '<=',
                  actual: 0.5,
                  threshold: 0.43,
                },
              ],
            },
          ],
        }),
      ),
      loan('plain'),
      loan('stated', {
        decision: { outcome: 'declined', adverse: true, reasons: [{ code: 'GUT_FEELING' }] },
      }),
      loan('contradicted', {
        decision: {
          outcome: 'declined',
          adverse: true,
          reasons: [
            { code: 'DTI_HIGH', ruleId: 'max_dti' },
            { code: 'AGE', ruleId: 'age' },
          ],
        },
      }),
      loan('approved', { decision: { outcome: 'approved', adverse: false } }),
      loan('unclear', { decision: { outcome: 'declined' } }),
      loan('referred'),
      loan('review', {
        decision: { outcome: 'approved', adverse: false },
        links: [{ executionId: 'referred', relation: 'review_of' }],
      }),
      loan('offers', {
        steps: [
          {
            name: 'filter',
            candidates: {
              in: 2,
              out: 1,
              cutoff: 0.5,
              byOutcome: { selected: 1, rejected: 1 },
              items: [
                { id: 'B-1', outcome: 'rejected', score: 0.4712, rank: 2 },
                { id: 'B-2', outcome: 'selected', score: 0.7, rank: 1 },
              ],
            },
          },
        ],
      }),
      loan('formula', {
        pipeline: '+1+1',
        startedAt: '2026-11-24T08:00:00.000Z',
        tags: ['=1+1', 'a"b'],
        subjects: [{ type: '@type', id: '-2' }],
      }),
    ]);
  });
  afterAll(() => server.close());

  test('a dictionary is stored from YAML and read as JSON and as YAML', async () => {
    expect(await get<StoredDictionary>(api('dictionary'))).toMatchObject({ revision: 0 });
    expect((await put(YAML)).status).toBe(200);
    const stored = await get<StoredDictionary>(api('dictionary'));
    expect(stored).toMatchObject({
      revision: 1,
      dictionary: {
        pipelines: { loan: { name: { en: 'Loan application' } } },
        outcomes: { declined: { name: { en: 'Declined', de: 'Abgelehnt' } } },
        steps: {},
      },
    });
    const again = await put(await text('dictionary?format=yaml'));
    expect(again.body).toMatchObject({ revision: 2, dictionary: stored.dictionary });
    const json = await put(JSON.stringify(stored.dictionary), 'application/json');
    expect(json.body).toMatchObject({ revision: 3 });
  });

  test.each([
    ['rules: [a', 'The dictionary is not YAML. Line 1, column 10'],
    ['rules: { a: { name: { english: x } } }', 'rules.a.name.english'],
    ['rulez: {}', 'rulez'],
    ['rules: { a: &x { name: b }, c: *x }', 'aliases'],
    ['letters: { en: "{{reason}}" }', 'There is no field {{reason}}. The fields are:'],
    ['letters: { en: "{{#reasons}}" }', 'letters.en'],
    ['letters: { en: "{{{name}}}" }', 'letters.en'],
  ])('refuses the dictionary %j and says why', async (body, why) => {
    const answer = await put(body);
    expect(answer.status).toBe(400);
    expect((answer.body as ErrorBody).error.message).toContain(why);
  });

  test('refuses a change of a dictionary that somebody else changed since', async () => {
    const { revision } = await get<StoredDictionary>(api('dictionary'));
    const late = await put(YAML, 'application/yaml', `?revision=${revision - 1}`);
    expect(late.status).toBe(409);
    expect((await put(YAML, 'application/yaml', `?revision=${revision}`)).status).toBe(200);
  });

  test('explains with the names of the dictionary, the codes behind them', async () => {
    const explained = await text('executions/plain/explain?format=text&lang=de');
    expect(explained).toContain('Loan application (loan)');
    expect(explained).toContain('the decision was Abgelehnt (declined)');
    expect(explained).toContain('Debt limit (max_dti)');
    expect(explained).toContain('612 points (pts)');
    const json = await get<Explanation>(api('executions/plain/explain'));
    expect(json.reasons[0]?.code).toBe('DTI_HIGH');
  });

  test('a letter has the date, the reasons, the values and what was needed, as the API gives them', async () => {
    const letter = await text('executions/plain/letter?format=text');
    const { nearMiss } = await get<Explanation>(api('executions/plain/explain'));
    expect(letter).toContain('The decision of November 24, 2026 is: Declined.');
    expect(letter).toContain('1. Your debts are high for your income: Debts each month');
    expect(letter).toContain('2. SCORE_LOW');
    expect(letter).toContain('- Debt to income: 0.4712');
    expect(letter).toContain('- age: 44');
    expect(letter).toContain('All of these together');
    expect(nearMiss.changes).toHaveLength(2);
    for (const { actual, needs } of nearMiss.changes) {
      expect(letter).toContain(`${String(needs?.value)}`);
      expect(letter).toContain(`instead of ${String(actual)}`);
    }
    expect(letter).toContain('- score: at least 660 points instead of 612 points');
    expect(letter).toContain('Reply to this letter and quote the reference plain.');
    const german = await text('executions/plain/letter?format=text&lang=de-AT');
    expect(german).toContain('Die Entscheidung vom 24. November 2026 lautet: Abgelehnt.');
    expect(german).toContain('- Schuldenquote: höchstens 0.36 statt 0.4712');
  });

  test('a letter has no figure that the API does not have', async () => {
    const answers = `${await text('executions/plain/explain')} ${await text('executions/plain')}`;
    const dated = '2026 11 24 23';
    for (const lang of ['en', 'de']) {
      const letter = await text(`executions/plain/letter?format=text&lang=${lang}`);
      // The numbers of the list of reasons are not figures.
      const figures = figuresIn(letter.replaceAll(/^\d+\. /gm, ''));
      expect(figures.length).toBeGreaterThan(5);
      expect(figures.filter((figure) => !`${answers} ${dated}`.includes(figure))).toEqual([]);
    }
  });

  test('shows a hostile text in a letter as it was recorded', async () => {
    const page = await text('executions/plain/letter');
    expect(page).not.toMatch(/<script|<strong>bold/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt; **bold**');
    expect(await text('executions/plain/letter?format=text')).toContain(HOSTILE);
    expect(await text('executions/plain/letter?format=md')).toContain(escapeMarkdown(HOSTILE));
  });

  test('writes the letter from the app’s own template', async () => {
    const own = `${YAML}letters:\n  en: |\n    Dear {{#subjects}}{{id}}{{/subjects}}, no: {{#reasons}}{{number}} {{code}} {{/reasons}}\nreview: Call us.\n`;
    expect((await put(own)).status).toBe(200);
    expect(await text('executions/plain/letter?format=text')).toBe(
      'Dear 8123, no: 1 DTI_HIGH 2 SCORE_LOW\n',
    );
    await put(YAML);
  });

  test('the command line applies a dictionary, and writes the letter or says why not', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'xray-dictionary-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'dictionary.yaml');
    await writeFile(file, YAML);
    const applied = await callCli(server.place, ['dictionary', 'apply', file, '--app', APP]);
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    const shown = await callCli(server.place, ['dictionary', 'show', '--app', APP]);
    expect(shown.stdout).toBe(await text('dictionary?format=yaml'));
    const letter = await callCli(server.place, ['letter', 'plain', '--app', APP]);
    expect(letter.stdout).toBe(await text('executions/plain/letter?format=text'));
    const refused = await callCli(server.place, ['letter', 'stated', '--app', APP]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('Nothing in the record supports "GUT_FEELING"');
  });

  test.each([
    ['stated', 'decision.reasons[0]', 'stated', 'Nothing in the record supports "GUT_FEELING"'],
    ['contradicted', 'decision.reasons[1]', 'contradicted', 'The record speaks against "AGE"'],
    ['approved', '', 'not_adverse', 'this decision is not adverse'],
    ['unclear', '', 'not_adverse', 'does not say whether'],
    ['referred', '', 'replaced', 'Execution review replaced this decision with "approved"'],
  ])('refuses a letter about the execution %s', async (id, path, code, why) => {
    const { status, message, details } = await refusal(`executions/${id}/letter`);
    expect(status).toBe(409);
    expect(message).toContain(why);
    expect(details).toEqual([{ path, code }]);
  });

  test('evidence holds the record as it was sent, with digests that can be checked', async () => {
    const json = await text('executions/referred/evidence?format=json');
    const evidence = JSON.parse(json) as ExecutionEvidence;
    expect(evidence.record).toEqual(
      (await get<{ snapshot: Snapshot }>(api('executions/referred'))).snapshot,
    );
    expect(evidence.explanation).toEqual(await get(api('executions/referred/explain')));
    expect(evidence.rules.map(({ rule, threshold }) => [rule, threshold])).toEqual([
      ['max_dti', 0.36],
      ['min_score', 660],
      ['age', 18],
    ]);
    const history = evidence.ruleHistory?.rules.find(({ id }) => id === 'max_dti');
    expect(history?.settings.map(({ threshold, executions }) => [threshold, executions])).toEqual(
      expect.arrayContaining([[0.43, 12]]),
    );
    expect(history?.settings.map(({ threshold }) => threshold)).toContain(0.36);
    expect(evidence.linked).toMatchObject({
      to: [],
      from: [{ executionId: 'review', relation: 'review_of', outcome: 'approved' }],
      ended: { executionId: 'review', by: 'review' },
    });
    expect(evidence.audit).toEqual({ withheld: true, entries: [], more: false });
    const digest = createHash('sha256').update(JSON.stringify(evidence.record)).digest('hex');
    expect(evidence.digests.record).toBe(digest);
  });

  test('the page of the evidence has no scripts, and texts that give its digests', async () => {
    const page = await text('executions/plain/evidence');
    expect(page).not.toMatch(/<script|<link|<img|\bon\w+=|src=/);
    expect(page).toContain('Debt limit (max_dti)');
    const [, record = ''] = /<pre id="record">([^]*?)<\/pre>/.exec(page) ?? [];
    const plain = record
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&');
    expect(page).toContain(createHash('sha256').update(plain).digest('hex'));
    const json = await text('executions/plain/evidence?format=json');
    const evidence = JSON.parse(json) as ExecutionEvidence;
    const shown = page
      .replace(/^[^]*<body[^>]*>/, '')
      .replaceAll(/<pre id=[^]*?<\/pre>|<h2>Digests[^]*?<\/table>/g, '')
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll('&#39;', "'");
    // The page was made a moment earlier, and says the days and the size in words.
    const own = `${json} ${evidence.explanation.pipeline} 90`;
    expect(
      figuresIn(shown.replace(/This file was made.*/, '')).filter(
        (figure) => !own.includes(figure),
      ),
    ).toEqual([]);
    for (const { threshold, actual } of evidence.rules) {
      expect(shown).toContain(` ${String(threshold)} `);
      expect(shown).toContain(` ${String(actual)}`);
    }
    for (const { settings } of evidence.ruleHistory?.rules ?? []) {
      for (const { executions, firstAt } of settings) {
        expect(shown).toMatch(new RegExp(`${firstAt}[^]*? ${executions} `));
      }
    }
    const owned = await administrator.ask(
      'GET',
      `/api/apps/${APP}/executions/plain/evidence?format=json`,
    );
    const { audit } = owned as unknown as ExecutionEvidence;
    expect(audit.withheld).toBe(false);
    expect(audit.entries.map(({ action }) => action)).toContain('letter.write');
  });

  test('tables hold the figures of the API, and no cell that a spreadsheet runs', async () => {
    const list = await get<ExecutionPage>(api('executions?sort=at'));
    const rows = parseCsv(await text('executions?sort=at&format=csv'));
    expect(rows).toHaveLength(list.items.length + 1);
    const column = (name: string): number => rows[0]?.indexOf(name) ?? -1;
    expectSameFigures(rows, list.items, 13);
    const formula = rows.find((row) => row[0] === 'formula') ?? [];
    expect(formula[column('pipeline')]).toBe("'+1+1");
    expect(formula[column('tags')]).toBe('\'=1+1; a"b');
    expect(formula[column('subjects')]).toBe("'@type/-2");
    expect(rows.flat().filter((cell) => /^[=+@\t\r]/.test(cell))).toEqual([]);

    const marked = await fetchWithKey(api('export?format=csv&bom=true'));
    const bytes = Buffer.from(await marked.arrayBuffer());
    expect(bytes.subarray(0, 3).toString('hex')).toBe('efbbbf');
    expect(parseCsv(bytes.subarray(3).toString())).toEqual(rows);
    const found = parseCsv(await text(`export?format=csv&q=${encodeURIComponent('"612"')}`));
    const hits = await get<ExecutionPage>(api(`executions?q=${encodeURIComponent('"612"')}`));
    expect(found.slice(1).map(([id]) => id)).toEqual(
      hits.items.map(({ executionId }) => executionId),
    );

    const facets = await get<Facets>(api('facets'));
    const counted = facets.items.flatMap(({ field, values }) =>
      values.map(({ value, count }) => [field, value, String(count)]),
    );
    expect(parseCsv(await text('facets?format=csv')).slice(1)).toEqual(
      counted.map(([field, value = '', count]) => [
        field,
        /^[=+\-@]/.test(value) ? `'${value}` : value,
        count,
      ]),
    );
    const theCase = await get<Case>(api('subjects/applicant/8123/case'));
    const caseRows = parseCsv(await text('subjects/applicant/8123/case?format=csv'));
    expectSameFigures(caseRows, theCase.items, 15);
    const subject = 'subjects/applicant/8123?from=2026-11-01T00:00:00Z&to=2026-12-31T00:00:00Z';
    const history = await get<SubjectHistory>(api(subject));
    expectSameFigures(parseCsv(await text(`${subject}&format=csv`)), history.items, 13);
    const candidate = 'candidates/B-1?from=2026-11-01T00:00:00Z&to=2026-12-31T00:00:00Z';
    const appearances = await get<CandidateHistory>(api(candidate));
    expectSameFigures(parseCsv(await text(`${candidate}&format=csv`)), appearances.items, 8);
  });
});

/** The numbers of a text, without the digits of ids and words. */
function figuresIn(text: string): string[] {
  return [...text.matchAll(/(?<![\w.-])\d+(?:\.\d+)?(?![\w-])/g)].map(([figure]) => figure);
}

/** Each row of the table equals the item of the API, in every column that the item has with a plain value. */
function expectSameFigures(table: string[][], items: object[], leastColumns: number): void {
  const [head = [], ...rows] = table;
  expect(items.length).toBeGreaterThan(0);
  expect(rows).toHaveLength(items.length);
  let most = 0;
  for (const [place, item] of items.entries()) {
    const values = new Map<string, unknown>(Object.entries(item));
    const plain = head.filter((name) => values.has(name) && typeof values.get(name) !== 'object');
    most = Math.max(most, plain.length);
    const cells = Object.fromEntries(
      plain.map((name) => [name, rows[place]?.[head.indexOf(name)]?.replace(/^'(?=[=+\-@])/, '')]),
    );
    expect(cells).toEqual(
      Object.fromEntries(plain.map((name) => [name, String(values.get(name))])),
    );
  }
  expect(most).toBeGreaterThanOrEqual(leastColumns);
}

/** A reader of RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g,
  )) {
    row.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
