import type { XRaySDK } from '@xray/sdk';
import type { Application, CreditFile } from './applicants.js';

/** External services. Each may throw. */
export interface LoanServices {
  verifyIdentity(application: Application): Promise<{ verified: boolean; method: string }>;
  creditFile(application: Application): Promise<CreditFile>;
}

/** The bank's decision. `referred` means that a person reviews it. */
export type LoanAnswer =
  | { outcome: 'approved'; annualRate: number; monthlyPayment: number }
  | { outcome: 'declined' | 'referred' };

type Tier = 'A' | 'B' | 'C' | 'D';

/** The rules in force. Any change is a new ruleset, and its name is recorded with every decision. */
export const RULESET = {
  name: 'loans-2026-01',
  minScore: 620,
  maxDebtToIncome: 0.43,
  minMonthlyIncome: 1_400,
  minEmployedMonths: 6,
  maxLatePayments: 2,
  /** If only one rule fails and the value is this close to its limit, a person decides. */
  referralMargin: 0.05,
};

const ANNUAL_RATE: Record<Tier, number> = { A: 0.049, B: 0.069, C: 0.099, D: 0.149 };

/** Decides one application and records every step. Throws errors of the services. */
export async function decideLoan(
  xray: XRaySDK,
  application: Application,
  services: LoanServices,
  ruleset: typeof RULESET = RULESET,
): Promise<LoanAnswer> {
  const { applicantId } = application;
  return await xray.run(
    {
      subject: { applicant: applicantId },
      versions: { ruleset: ruleset.name },
      tags: [application.employment],
      metadata: { region: application.region, purpose: application.purpose },
      input: application,
    },
    async (execution) => {
      const identity = await execution.step(
        'verify_identity',
        { kind: 'retrieve', input: { applicantId } },
        () => services.verifyIdentity(application),
      );
      if (!identity.verified) {
        execution.decide('referred', {
          reasons: [{ code: 'IDENTITY_UNVERIFIED', text: `Checked by ${identity.method}` }],
        });
        return { outcome: 'referred' };
      }

      const { tier, offer, debtToIncome, file } = await execution.step(
        'assess',
        { kind: 'group' },
        async () => {
          const credit = await execution.step(
            'credit_file',
            { kind: 'retrieve', input: { applicantId } },
            () => services.creditFile(application),
          );
          const risk = execution.step(
            'risk_tier',
            { kind: 'model', input: { score: credit.score } },
            (step) => {
              const assigned = tierOf(credit);
              step.note({
                reasoning: `Score ${credit.score} with ${credit.latePayments24m} late payments is tier ${assigned}`,
                actor: { type: 'model', id: 'risk-tiers', version: '3' },
              });
              return assigned;
            },
          );
          const price = execution.step('price', { kind: 'transform', input: { tier: risk } }, () =>
            offerFor(application, risk),
          );
          const ratio = debtToIncomeOf(application, credit, price.monthlyPayment);
          return { tier: risk, offer: price, debtToIncome: ratio, file: credit };
        },
      );

      const isEligible = execution.step('rules', { kind: 'rules' }, (step) => {
        const passed = [
          step.check('min_score', file.score >= ruleset.minScore, {
            actual: file.score,
            threshold: ruleset.minScore,
            op: '>=',
            reason: 'SCORE_LOW',
          }),
          step.check('max_debt_to_income', debtToIncome <= ruleset.maxDebtToIncome, {
            actual: debtToIncome,
            threshold: ruleset.maxDebtToIncome,
            op: '<=',
            reason: 'DEBT_TO_INCOME_HIGH',
          }),
          step.check('min_income', application.monthlyIncome >= ruleset.minMonthlyIncome, {
            actual: application.monthlyIncome,
            threshold: ruleset.minMonthlyIncome,
            op: '>=',
            unit: 'EUR',
            reason: 'INCOME_LOW',
          }),
          step.check('min_employment', application.employedMonths >= ruleset.minEmployedMonths, {
            actual: application.employedMonths,
            threshold: ruleset.minEmployedMonths,
            op: '>=',
            unit: 'months',
            reason: 'EMPLOYMENT_SHORT',
          }),
          step.check('max_late_payments', file.latePayments24m <= ruleset.maxLatePayments, {
            actual: file.latePayments24m,
            threshold: ruleset.maxLatePayments,
            op: '<=',
            reason: 'LATE_PAYMENTS',
          }),
        ];
        return passed.every(Boolean);
      });

      if (isEligible) {
        execution.decide('approved', { adverse: false, score: file.score });
        return { outcome: 'approved', ...offer };
      }
      const isNear = execution.step('near_miss', { kind: 'evaluate' }, (step) => {
        const near = missesOneRuleNarrowly(application, file, debtToIncome, ruleset);
        step.note({
          reasoning: near
            ? `Tier ${tier} misses one rule by less than ${ruleset.referralMargin * 100} %`
            : 'Misses more than one rule, or one by far',
        });
        return near;
      });
      const outcome = isNear ? 'referred' : 'declined';
      execution.decide(outcome, { adverse: !isNear, score: file.score });
      return { outcome };
    },
  );
}

/** The tier for a score. Two late payments lower it by one. */
export function tierOf(file: CreditFile): Tier {
  const tiers = ['A', 'B', 'C', 'D'] as const;
  const byScore = file.score >= 740 ? 0 : file.score >= 690 ? 1 : file.score >= 640 ? 2 : 3;
  return tiers[Math.min(3, byScore + Math.floor(file.latePayments24m / 2))] ?? 'D';
}

/** The interest rate of a tier and the monthly payment of the loan (an annuity), to the cent. */
export function offerFor(
  { amount, termMonths }: Pick<Application, 'amount' | 'termMonths'>,
  tier: Tier,
): { annualRate: number; monthlyPayment: number } {
  const annualRate = ANNUAL_RATE[tier];
  const monthly = annualRate / 12;
  const payment = (amount * monthly) / (1 - (1 + monthly) ** -termMonths);
  return { annualRate, monthlyPayment: Math.round(payment * 100) / 100 };
}

function debtToIncomeOf(application: Application, file: CreditFile, payment: number): number {
  const owed = application.monthlyRent + file.monthlyDebtPayments + payment;
  return Math.round((owed / application.monthlyIncome) * 1_000) / 1_000;
}

function missesOneRuleNarrowly(
  { monthlyIncome, employedMonths }: Application,
  { score, latePayments24m }: CreditFile,
  debtToIncome: number,
  ruleset: typeof RULESET,
): boolean {
  const shortfalls = [
    1 - score / ruleset.minScore,
    debtToIncome / ruleset.maxDebtToIncome - 1,
    1 - monthlyIncome / ruleset.minMonthlyIncome,
    1 - employedMonths / ruleset.minEmployedMonths,
    latePayments24m / ruleset.maxLatePayments - 1,
  ].filter((shortfall) => shortfall > 0);
  const [only, ...others] = shortfalls;
  return only !== undefined && others.length === 0 && only < ruleset.referralMargin;
}
