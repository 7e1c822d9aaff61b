/**
 * One execution for a contestant: steps with inputs and outputs. Each holds its own marker, which the sink counts
 * to prove that it arrived.
 *
 * @typedef {{ name: string, input: Record<string, unknown>, output: Record<string, unknown>, reasoning?: string }} StepData
 * @typedef {{ id: number, steps: StepData[] }} ExecutionData
 */

/** Matches every marker in a body of any format. */
export const MARKER = /bx(\d+)s(\d+)([io])/g;

/** @type {Record<string, { title: string, make: (id: number) => ExecutionData }>} */
export const workloads = {
  five: { title: 'five steps, 50 to 300 bytes each', make: fiveSteps },
  kb1: { title: 'one step with 1 KB', make: (id) => oneStep(id, 1_000) },
  kb20: { title: 'one step with 20 KB', make: (id) => oneStep(id, 20_000) },
};

/**
 * How the host makes its records. On Node 20 each spread object gets a hidden class of its own, which makes
 * its members slow to read.
 *
 * @type {Record<string, (execution: ExecutionData) => ExecutionData>}
 */
export const shapes = {
  literal: (execution) => execution,
  spread: ({ id, steps }) => ({
    id,
    steps: steps.map((step) => ({ ...step, status: 'completed' })),
  }),
};

/** The races: how many executions warm up, and how many count. */
export const races = {
  warm: { workload: 'five', shape: 'literal', warmUp: 2_000, count: 40_000 },
  cold: { workload: 'five', shape: 'literal', warmUp: 500, count: 4_000 },
  'warm-spread': { workload: 'five', shape: 'spread', warmUp: 2_000, count: 40_000 },
  'cold-spread': { workload: 'five', shape: 'spread', warmUp: 500, count: 4_000 },
  'one-kb': { workload: 'kb1', shape: 'literal', warmUp: 2_000, count: 20_000 },
  'twenty-kb': { workload: 'kb20', shape: 'literal', warmUp: 200, count: 2_000 },
};

/** @returns {ExecutionData} */
function fiveSteps(id) {
  const marker = (step, side) => `bx${id}s${step}${side}`;
  return {
    id,
    steps: [
      {
        name: 'fetch_applicant',
        input: { ref: marker(0, 'i'), applicantId: `a-${id}`, source: 'core-banking' },
        output: {
          ref: marker(0, 'o'),
          income: 52_000 + (id % 977),
          debts: [1_200, 8_400, 310],
          employment: { since: '2019-03-01', kind: 'permanent', employer: 'Northwind Traders' },
          address: { city: 'Leeds', postcode: 'LS1 4AP', country: 'GB' },
        },
      },
      {
        name: 'credit_score',
        input: { ref: marker(1, 'i'), applicantId: `a-${id}`, bureau: 'experian' },
        output: { ref: marker(1, 'o'), score: 600 + (id % 250), band: 'B', model: 'fico-9' },
      },
      {
        name: 'risk_tier',
        input: { ref: marker(2, 'i'), score: 600 + (id % 250), dti: 0.31, ltv: 0.78 },
        output: {
          ref: marker(2, 'o'),
          tier: 'B',
          probability: 0.0421,
          factors: ['utilisation', 'short_history', 'recent_enquiries'],
        },
      },
      {
        name: 'approval_rules',
        input: { ref: marker(3, 'i'), tier: 'B', amount: 12_500, termMonths: 48 },
        output: {
          ref: marker(3, 'o'),
          approved: true,
          matched: ['min_score', 'max_dti', 'max_ltv'],
        },
        reasoning: 'Applied rule: tier B applicants are approved up to 15,000.',
      },
      {
        name: 'offer',
        input: { ref: marker(4, 'i'), amount: 12_500, tier: 'B' },
        output: {
          ref: marker(4, 'o'),
          rate: 6.9,
          monthly: 298.71,
          currency: 'GBP',
          expiresInDays: 30,
        },
      },
    ],
  };
}

/** @returns {ExecutionData} */
function oneStep(id, bytes) {
  const rows = [];
  for (let size = 0, row = 0; size < bytes - 100; row += 1) {
    const next = {
      row,
      sku: `B00${id}${row}`,
      title: 'Stainless bottle, 750 ml',
      price: 19.9 + row,
    };
    rows.push(next);
    size += JSON.stringify(next).length + 1;
  }
  return {
    id,
    steps: [
      {
        name: 'retrieve',
        input: { ref: `bx${id}s0i`, query: 'water bottle' },
        output: { ref: `bx${id}s0o`, rows },
      },
    ],
  };
}
