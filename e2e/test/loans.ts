import { setTimeout as wait } from 'node:timers/promises';
import type { Application, CreditFile } from '@xray/examples/loan-approval/applicants';
import { decideLoan } from '@xray/examples/loan-approval/decide-loan';
import XRaySDK from '@xray/sdk';
import type { FreshServer } from '../fresh-server.mjs';

const GOOD_FILE: CreditFile = {
  score: 742,
  openAccounts: 3,
  utilization: 0.2,
  latePayments24m: 0,
  monthlyDebtPayments: 120,
};
const APPLICATION: Application = {
  applicantId: '8120',
  name: 'Amara Lindqvist',
  birthYear: 1988,
  region: 'north',
  employment: 'employed',
  employedMonths: 64,
  monthlyIncome: 3_400,
  monthlyRent: 820,
  amount: 12_000,
  termMonths: 48,
  purpose: 'solar panels',
};

/** The applicant of a loan, and facts of the bureau that differ from a good file. */
export interface Applicant extends Partial<Application> {
  applicantId: string;
  file?: Partial<CreditFile>;
}

/** The bureau has no file for this applicant. */
class UnknownApplicantError extends Error {
  override readonly name = 'UnknownApplicantError';
}

/**
 * Runs the example program on these applications, one after the other, until the server has every record.
 */
export async function decideLoans(
  { url, apiKey, appId }: FreshServer,
  applicants: readonly Applicant[],
): Promise<void> {
  const drops: unknown[] = [];
  const xray = new XRaySDK({
    apiKey,
    endpoint: url,
    appId,
    pipeline: 'loan-approval',
    environment: 'prod',
    onDrop: (drop) => drops.push(drop),
  });
  for (const { file, ...application } of applicants) {
    const services = {
      // A short wait, so that the next application starts at a later millisecond.
      verifyIdentity: async () => await wait(3, { verified: true, method: 'eID' }),
      async creditFile({ applicantId }: Application) {
        if (!/^\d+$/.test(applicantId)) {
          throw new UnknownApplicantError(`the bureau knows no applicant "${applicantId}"`);
        }
        return { ...GOOD_FILE, ...file };
      },
    };
    // A host would answer its caller with an error. The story needs only the record.
    await decideLoan(xray, { ...APPLICATION, ...application }, services).catch(() => undefined);
  }
  await xray.shutdown();
  if (drops.length > 0) throw new Error(`not delivered: ${JSON.stringify(drops)}`);
}
