import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { FreshServer } from '../fresh-server.mjs';
import { expectUsable, lookOn, seenOn, test } from './story.js';

const DAY_MS = 24 * 60 * 60_000;
const PIPELINE = 'odd';
const HOSTILE =
  '"><img src=/x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>javascript:alert(4)';
const SHORT = '<script>alert(5)</script><img src=/y onerror=alert(6)>';

interface Odd {
  executionId: string;
  status?: string;
  [field: string]: unknown;
}

/**
 * Each record has the word that shows its state in the list and on its page, and other texts that must
 * appear.
 */
const ODD: readonly { record: Odd; word: string; seen: string[] }[] = [
  {
    record: {
      executionId: 'unknown-field',
      steps: [{ name: 'look', output: { fine: true }, weather: 'unheard of' }],
      horoscope: { sign: 'Virgo' },
    },
    word: 'completed',
    seen: ['look'],
  },
  {
    record: { executionId: 'unknown-kind', steps: [{ name: 'consult', kind: 'oracle' }] },
    word: 'completed',
    seen: ['oracle'],
  },
  {
    record: {
      executionId: 'marked',
      steps: [{ name: 'read_letter', input: { text: 'Dear Sir' } }],
      marks: [{ path: '/steps/0', kind: 'truncated', original: 12_288, kept: 8, unit: 'bytes' }],
    },
    word: 'completed',
    seen: ['12 KB cut here'],
  },
  {
    record: {
      executionId: 'running',
      status: 'running',
      steps: [{ name: 'ask', status: 'running' }],
    },
    word: 'running',
    seen: ['still running'],
  },
  {
    record: {
      executionId: 'failed',
      status: 'failed',
      steps: [
        { name: 'ask', status: 'failed', error: { type: 'TimeoutError', message: 'no answer' } },
      ],
    },
    word: 'failed',
    seen: ['TimeoutError in ask: no answer'],
  },
  {
    record: {
      executionId: 'one-step',
      decision: { outcome: 'approved' },
      steps: [{ name: 'only' }],
    },
    word: 'approved',
    seen: ['only'],
  },
  { record: { executionId: 'no-steps', steps: [] }, word: 'completed', seen: ['No steps'] },
];

test.for(seenOn('light', 1_280))(
  'what is unknown, marked, running, stale, failed or tiny is shown for what it is ($theme, $widthPx px)',
  async (view, { stage }) => {
    const { page, server, complaints } = stage;
    await send(
      server,
      ODD.map(({ record }) => record),
    );
    await restore(page, server, {
      executionId: 'stale',
      status: 'running',
      steps: [{ name: 'ask' }],
    });
    await lookOn(page, view);

    const stale = { record: { executionId: 'stale' }, word: 'stale', seen: ['ask'] };
    const address = `${server.url}/executions?app=${server.appId}`;
    await page.goto(`${address}&from=${new Date(Date.now() - 7 * DAY_MS).toISOString()}`);
    const list = page.getByRole('grid', { name: 'Executions' });
    for (const { word } of [...ODD, stale]) await list.getByText(word).first().waitFor();
    await expectUsable(page);

    for (const { record, word, seen } of [...ODD, stale]) {
      await openExecution(page, server, record.executionId);
      await page.getByRole('heading', { level: 1 }).getByText(word, { exact: true }).waitFor();
      const first = page.getByRole('treeitem').first();
      if (record.executionId !== 'no-steps') await first.click();
      for (const text of seen) await page.getByText(text).first().waitFor();
      await expectUsable(page);
      await openExecution(page, server, record.executionId, '&step=explain');
      await page.getByText('Show as plain text').waitFor();
    }

    await openExecution(page, server, 'unknown-field', '&step=execution&tab=raw');
    await page.getByText('"Virgo"').or(page.getByText('horoscope')).first().waitFor();
    expect(complaints).toEqual([]);
  },
);

/** Two steps with the same sequence, and a rule that failed by a very small difference. */
const TWINS: Odd = {
  executionId: 'twins',
  decision: { outcome: 'declined', adverse: true, reasons: [{ code: 'LOW', ruleId: 'min' }] },
  steps: [
    { sequence: 1, name: 'first', output: { who: 'FIRST' } },
    {
      sequence: 1,
      name: 'second',
      kind: 'rules',
      output: { who: 'SECOND' },
      rules: [
        { id: 'min', op: '>=', actual: 0.59996, threshold: 0.6, result: 'fail', effect: 'reject' },
      ],
    },
  ],
};

test.for(seenOn('light', 1_280))(
  'each of several steps with one sequence shows its own payload, and a near miss all its digits ($theme, $widthPx px)',
  async (view, { stage }) => {
    const { page, server, complaints } = stage;
    await send(server, [TWINS]);
    await lookOn(page, view);
    await openExecution(page, server, 'twins');
    await page.getByText('0.59996 < 0.6').filter({ visible: true }).first().waitFor();
    for (const [name, payload] of [
      ['second', '"SECOND"'],
      ['first', '"FIRST"'],
    ] as const) {
      await page.getByRole('treeitem', { name: new RegExp(`^${name}`) }).click();
      const step = page.getByRole('region', { name: `Step 1: ${name}` });
      await step.getByRole('tab', { name: 'Output' }).click();
      await step.getByText(payload).waitFor();
      await page.reload();
      await step.getByText(payload).waitFor();
    }
    await openExecution(page, server, 'twins', '&step=explain');
    const explanation = page.getByRole('region', { name: 'Explanation' });
    await explanation.getByText('0.59996 < 0.6').filter({ visible: true }).first().waitFor();
    expect(complaints).toEqual([]);
  },
);

test.for(seenOn('light', 390))(
  'whatever a record holds is text: nothing of it runs or is fetched ($theme, $widthPx px)',
  async (view, { stage }) => {
    const { page, server, complaints } = stage;
    await send(server, [hostile('hostile-a', 1), hostile('hostile-b', 2)]);
    await lookOn(page, view);
    const alarms: string[] = [];
    page.on('dialog', (dialog) => {
      alarms.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const { origin, pathname, protocol } = new URL(request.url());
      const isOwn = origin === server.url && pathname !== '/x' && pathname !== '/y';
      if (!isOwn && protocol !== 'data:') alarms.push(`a request: ${request.url()}`);
    });

    await page.goto(
      `${server.url}/executions?app=${server.appId}&pipeline=${encodeURIComponent(SHORT)}`,
    );
    await page.getByRole('grid', { name: 'Executions' }).getByRole('link').first().waitFor();
    await expectInert(page);

    for (const step of ['0', 'execution', 'explain']) {
      await openExecution(page, server, 'hostile-a', `&step=${step}`);
      await page.getByRole('tab').or(page.getByText('Show as plain text')).first().waitFor();
      for (const tab of await page.getByRole('tab').all()) {
        await tab.click();
        await expectInert(page);
      }
      await expectInert(page);
    }
    await page.getByText('Show as plain text').click();
    await expectInert(page);
    await page.emulateMedia({ media: 'print' });
    await expectInert(page);
    await page.emulateMedia({ media: 'screen' });

    const [name, id] = [encodeURIComponent(SHORT), encodeURIComponent(HOSTILE)];
    for (const [path, arrived] of [
      ['compare?a=hostile-a&b=hostile-b', 'first difference:'],
      [`compare?qa=pipeline:"${name}"&qb=pipeline:"${name}"`, 'executions'],
      ['pipelines?', SHORT],
      [`pipeline?p=${name}`, 'executions'],
      [`why?id=${id}`, 'Found as'],
    ] as const) {
      await page.goto(`${server.url}/${path}&app=${server.appId}`);
      await page.getByText(arrived).filter({ visible: true }).first().waitFor();
      await expectInert(page);
      await expectUsable(page);
    }
    expect(alarms).toEqual([]);
    expect(complaints).toEqual([]);
  },
);

async function openExecution(
  page: Page,
  server: FreshServer,
  id: string,
  more = '',
): Promise<void> {
  await page.goto(`${server.url}/execution?app=${server.appId}&id=${id}${more}`);
  await page.locator('h1').first().waitFor({ state: 'attached' });
}

/** The hostile text is visible as text, and did not become an element. */
async function expectInert(page: Page): Promise<void> {
  await page.getByText('<script>alert(').first().waitFor({ state: 'attached' });
  const made = await page.evaluate(() =>
    [
      ...document.querySelectorAll(
        'img, iframe, object, embed, [onerror], [onload], a[href^="javascript:" i]',
      ),
    ].map(({ outerHTML }) => outerHTML),
  );
  expect(made).toEqual([]);
}

/** Sends records like another client. The SDK would never send such records. */
async function send({ url, apiKey, appId }: FreshServer, records: readonly Odd[]): Promise<void> {
  const now = new Date().toISOString();
  const body = records.map((record) => ({ appId, pipeline: PIPELINE, startedAt: now, ...record }));
  const answer = await fetch(`${url}/executions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const result = (await answer.json()) as { rejected: unknown[] };
  expect({ status: answer.status, rejected: result.rejected }).toEqual({
    status: 202,
    rejected: [],
  });
}

/** Imports an execution from two days ago, as from a backup. The server shows it as stale. */
async function restore(page: Page, { url, appId }: FreshServer, record: Odd): Promise<void> {
  const receivedAt = new Date(Date.now() - 2 * DAY_MS).toISOString();
  const snapshot = JSON.stringify({ appId, pipeline: PIPELINE, startedAt: receivedAt, ...record });
  const facts = { receivedAt, conflict: false, stale: true, bytes: snapshot.length };
  const answer = await page.request.post(`${url}/api/apps/${appId}/import`, {
    headers: { origin: url, 'content-type': 'application/x-ndjson' },
    data: `{"snapshot":${snapshot},"server":${JSON.stringify(facts)}}\n`,
  });
  expect((await answer.json()).rejected).toEqual([]);
}

function hostile(executionId: string, actual: number): Odd {
  const rule = {
    id: HOSTILE,
    version: SHORT,
    result: 'fail',
    effect: SHORT,
    field: HOSTILE,
    op: '>=',
    actual,
    threshold: 660,
    unit: SHORT,
  };
  return {
    executionId,
    pipeline: SHORT,
    environment: SHORT,
    versions: { [SHORT]: HOSTILE },
    decision: {
      outcome: SHORT,
      adverse: true,
      reasons: [{ code: SHORT, text: HOSTILE, ruleId: HOSTILE }],
      decidedBy: { type: 'human', id: HOSTILE, version: SHORT },
    },
    subjects: [{ type: SHORT, id: HOSTILE }],
    input: { [HOSTILE]: HOSTILE },
    output: HOSTILE,
    tags: [SHORT],
    metadata: { [SHORT]: HOSTILE },
    steps: [
      {
        name: HOSTILE,
        kind: SHORT,
        status: 'failed',
        input: { [HOSTILE]: [HOSTILE, actual] },
        output: HOSTILE,
        reasoning: HOSTILE,
        error: { type: SHORT, message: HOSTILE, stack: HOSTILE },
        actor: { type: SHORT, id: HOSTILE },
        model: { provider: SHORT, name: HOSTILE, promptVersion: SHORT, params: { a: HOSTILE } },
        rules: [rule],
        candidates: {
          type: SHORT,
          in: 1,
          out: 0,
          byOutcome: { rejected: 1 },
          byReason: { [SHORT]: 1 },
          items: [
            {
              id: HOSTILE,
              outcome: 'rejected',
              score: actual,
              reasons: [{ code: SHORT, text: HOSTILE }],
              data: { [HOSTILE]: HOSTILE },
            },
          ],
        },
        artifacts: [
          {
            name: HOSTILE,
            mediaType: 'text/html',
            bytes: 9,
            uri: 'javascript:alert(7)',
            inline: HOSTILE,
          },
          { name: SHORT, mediaType: 'image/svg+xml', bytes: 9, uri: 'https://example.invalid/z' },
        ],
        metrics: { [SHORT]: 1 },
      },
    ],
  };
}
