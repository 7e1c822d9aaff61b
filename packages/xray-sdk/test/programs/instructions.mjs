// Records EXECUTIONS executions of five plain steps, and ends without delivering them. A test counts its
// instructions.
import { XRaySDK } from '@xray/sdk';

const delivery = { delayMs: 3_600_000, maxBatch: 1_000_000, maxBatchBytes: 1e9 };
const xray = new XRaySDK({ apiKey: 'xr_test', appId: 'app', pipeline: 'loan', delivery });
const steps = [
  {
    name: 'fetch_applicant',
    input: { applicantId: 'a-17', source: 'core-banking' },
    output: {
      income: 52_000,
      debts: [1_200, 8_400, 310],
      employment: { since: '2019-03-01', kind: 'permanent', employer: 'Northwind Traders' },
    },
  },
  { name: 'credit_score', input: { bureau: 'experian' }, output: { score: 750, band: 'B' } },
  {
    name: 'risk_tier',
    input: { score: 750, dti: 0.31 },
    output: { tier: 'B', probability: 0.0421, factors: ['utilisation', 'short_history'] },
  },
  {
    name: 'approval_rules',
    input: { tier: 'B', amount: 12_500 },
    output: { approved: true, matched: ['min_score', 'max_dti'] },
    reasoning: 'Applied rule: tier B applicants are approved up to 15,000.',
    status: 'completed',
  },
  { name: 'offer', input: { amount: 12_500 }, output: { rate: 6.9, currency: 'GBP' } },
];
for (let index = 0; index < Number(process.env['EXECUTIONS']); index += 1) {
  const execution = xray.startExecution();
  for (const step of steps) execution.recordStep(step);
  execution.completeExecution();
}
process.exit(0);
