import XRaySDK from '@xray/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Application, CreditFile } from '../loan-approval/applicants.js';
import { decideLoan, offerFor, tierOf, type LoanServices } from '../loan-approval/decide-loan.js';
import { startCollector, type Collector } from './collector.js';

const application: Application = {
  applicantId: '8123',
  name: 'Ada Okafor',
  birthYear: 1988,
  region: 'north',
  employment: 'employed',
  employedMonths: 60,
  monthlyIncome: 3_200,
  monthlyRent: 700,
  amount: 9_000,
  termMonths: 48,
  purpose: 'car',
};
const credit: CreditFile = {
  score: 750,
  openAccounts: 3,
  utilization: 0.2,
  latePayments24m: 0,
  monthlyDebtPayments: 100,
};
const answering = (file: Partial<CreditFile> = {}): LoanServices => ({
  verifyIdentity: async () => ({ verified: true, method: 'eID' }),
  creditFile: async () => ({ ...credit, ...file }),
});

let collector: Collector;
let xray: XRaySDK;

beforeEach(async () => {
  collector = await startCollector();
  xray = new XRaySDK({
    apiKey: `xr_${'a'.repeat(40)}`,
    appId: 'bank',
    pipeline: 'loan-approval',
    endpoint: collector.endpoint,
  });
});
afterEach(() => collector.close());

async function recorded() {
  await xray.shutdown();
  expect(collector.snapshots).toHaveLength(1);
  const [snapshot] = collector.snapshots;
  if (!snapshot) throw new Error('nothing was recorded');
  return snapshot;
}

describe('a loan', () => {
  test('is approved at the rate of its tier when every rule passes', async () => {
    expect(await decideLoan(xray, application, answering())).toEqual({
      outcome: 'approved',
      annualRate: 0.049,
      monthlyPayment: offerFor(application, 'A').monthlyPayment,
    });

    const snapshot = await recorded();
    expect(snapshot).toMatchObject({
      status: 'completed',
      decision: { outcome: 'approved', adverse: false },
      subjects: [{ type: 'applicant', id: '8123' }],
    });
    expect(snapshot.steps.map(({ name, parent }) => [name, parent ?? null])).toEqual([
      ['verify_identity', null],
      ['assess', null],
      ['credit_file', 1],
      ['risk_tier', 1],
      ['price', 1],
      ['rules', null],
    ]);
  });

  test('is declined for the rules that it fails, with the tested values', async () => {
    const answer = await decideLoan(
      xray,
      application,
      answering({ score: 540, latePayments24m: 4 }),
    );
    expect(answer).toEqual({ outcome: 'declined' });

    const snapshot = await recorded();
    expect(snapshot.decision?.reasons?.map(({ code }) => code)).toEqual([
      'SCORE_LOW',
      'LATE_PAYMENTS',
    ]);
    const rules = snapshot.steps.find(({ name }) => name === 'rules')?.rules;
    expect(rules?.find(({ id }) => id === 'min_score')).toMatchObject({
      result: 'fail',
      actual: 540,
      threshold: 620,
    });
  });

  test('is referred to a person if it narrowly misses one rule', async () => {
    expect(await decideLoan(xray, application, answering({ score: 610 }))).toEqual({
      outcome: 'referred',
    });
    expect((await recorded()).decision).toMatchObject({ outcome: 'referred', adverse: false });
  });

  test("fails with the bureau's error, which also reaches the caller", async () => {
    const error = new TypeError('no answer');
    const services = { ...answering(), creditFile: () => Promise.reject(error) };

    await expect(decideLoan(xray, application, services)).rejects.toBe(error);

    const snapshot = await recorded();
    expect(snapshot.status).toBe('failed');
    expect(snapshot.steps.find(({ name }) => name === 'credit_file')).toMatchObject({
      status: 'failed',
      error: { type: 'TypeError', message: 'no answer' },
    });
  });

  test('costs the payment of an annuity', () => {
    // 10,000 at 6.9 % over 36 months, from a loan calculator.
    expect(offerFor({ amount: 10_000, termMonths: 36 }, 'B').monthlyPayment).toBe(308.31);
  });

  test('falls by one tier for two late payments', () => {
    expect(tierOf(credit)).toBe('A');
    expect(tierOf({ ...credit, latePayments24m: 2 })).toBe('B');
    expect(tierOf({ ...credit, score: 400, latePayments24m: 5 })).toBe('D');
  });
});
