import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Snapshot } from '@xray/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemoPipelines, type DemoPipelines } from '../demo-pipelines.js';
import { startCollector, type Collector } from './collector.js';

const folder = path.resolve(import.meta.dirname, '..');
const run = promisify(execFile);
const apiKey = `xr_${'a'.repeat(40)}`;
let collector: Collector;
let pipelines: DemoPipelines;
let isDelivered: boolean;

beforeAll(async () => {
  collector = await startCollector();
  pipelines = startDemoPipelines({ apiKey, appId: 'demo', endpoint: collector.endpoint }, 7);
  for (let made = 0; made < 120; made += 1) await pipelines.decideNext();
  isDelivered = await pipelines.shutdown();
});
afterAll(() => collector.close());

const of = (pipeline: string) =>
  collector.snapshots.filter((snapshot) => snapshot.pipeline === pipeline);
const outcomes = (snapshots: Snapshot[]) =>
  new Set(snapshots.map(({ decision, status }) => decision?.outcome ?? status));
const stepOf = (snapshot: Snapshot, name: string) =>
  snapshot.steps.find((step) => step.name === name);

describe('the demo', () => {
  test('delivers every execution that it recorded', () => {
    expect(isDelivered).toBe(true);
    expect(collector.snapshots).toHaveLength(pipelines.counts().recorded);
  });

  test('approves, declines, refers and fails loans', () => {
    expect(outcomes(of('loan-approval'))).toEqual(
      new Set(['approved', 'declined', 'referred', 'failed']),
    );
  });

  test('selects one of hundreds of products, and records a result for every candidate', () => {
    const selections = of('product-selection');
    expect(outcomes(selections)).toEqual(new Set(['selected', 'no_match', 'failed']));
    expect(
      selections.some((selection) => (stepOf(selection, 'filters')?.candidates?.in ?? 0) > 200),
    ).toBe(true);
    for (const candidates of selections.flatMap(
      (selection) => stepOf(selection, 'filters')?.candidates ?? [],
    )) {
      const counted = Object.values(candidates.byOutcome).reduce((sum, count) => sum + count, 0);
      expect(counted).toBe(candidates.in);
      expect(candidates.ledger?.ids).toHaveLength(candidates.in);
    }
  });

  test('ranks the products that passed the filters, and selects the best', () => {
    for (const selection of of('product-selection')) {
      const [filters, rank] = [stepOf(selection, 'filters'), stepOf(selection, 'rank')];
      expect(rank?.candidates?.in).toBe(filters?.candidates?.out);
    }
  });

  test('lets a person decide if the model is not confident, and links the two decisions', () => {
    const escalated = of('moderation').filter(({ decision }) => decision?.outcome === 'escalated');
    expect(escalated.length).toBeGreaterThan(0);
    for (const { executionId } of escalated) {
      const review = of('moderation').find(({ links }) =>
        links?.some((link) => link.executionId === executionId && link.relation === 'review_of'),
      );
      expect(review?.decision).toMatchObject({ humanInvolvement: 'final' });
    }
  });

  test('makes the same decisions from the same seed', async () => {
    const again = await startCollector();
    const second = startDemoPipelines({ apiKey, appId: 'demo', endpoint: again.endpoint }, 7);
    for (let made = 0; made < 20; made += 1) await second.decideNext();
    await second.shutdown();
    await again.close();

    const decisions = (snapshots: Snapshot[]) =>
      snapshots.map(({ pipeline, input, decision }) => ({ pipeline, input, decision }));
    const wanted = decisions(collector.snapshots);
    for (const decision of decisions(again.snapshots)) expect(wanted).toContainEqual(decision);
  });
});

describe('the feeder', () => {
  const feed = path.join(folder, 'dist', 'feed.js');

  test('makes the requested number of decisions, delivers them and ends', async () => {
    const sink = await startCollector();
    const { stdout } = await run(process.execPath, [feed, '--count', '5', '--interval-ms', '0'], {
      env: {
        ...process.env,
        XRAY_API_KEY: apiKey,
        XRAY_APP_ID: 'demo',
        XRAY_ENDPOINT: sink.endpoint,
      },
    });
    await sink.close();

    expect(stdout).toContain(`${sink.snapshots.length} executions recorded`);
    expect(sink.snapshots.length).toBeGreaterThanOrEqual(5);
  });

  test('names the missing key if it has none', async () => {
    const { XRAY_API_KEY: _, ...env } = process.env;

    await expect(run(process.execPath, [feed], { env })).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('XRAY_API_KEY') as string,
    });
  });
});

describe('the README', () => {
  test('shows the example exactly as it is run', () => {
    const readme = readFileSync(path.join(folder, '..', 'README.md'), 'utf8');
    const example = readFileSync(path.join(folder, 'loan-approval', 'readme.ts'), 'utf8');

    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });
});
