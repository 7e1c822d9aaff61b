// Executions of five small steps, as a loan pipeline records them: about 2.7 KB of JSON each.

const STEPS = ['fetch_applicant', 'credit_score', 'risk_tier', 'rules', 'price'];

/** @param {number} seed used in the ids, so that two runs never share rows */
export function makeExecution(seed, index) {
  const score = 500 + (index % 350);
  const at = new Date(Date.UTC(2026, 10, 1) + (index % 2_592_000) * 1000).toISOString();
  const isApproved = score >= 660;
  return {
    schemaVersion: 1,
    executionId: `bench-${seed}-${index}`,
    revision: 1,
    appId: 'bench',
    pipeline: `pipeline-${index % 5}`,
    environment: 'prod',
    versions: { code: '1.4.2', ruleset: `r${index % 7}` },
    status: 'completed',
    decision: {
      outcome: isApproved ? 'approved' : 'declined',
      adverse: !isApproved,
      score,
      ...(!isApproved && { reasons: [{ code: 'SCORE_LOW', ruleId: 'min_score' }] }),
    },
    startedAt: at,
    durationMs: 12.375 + (index % 100),
    subjects: [{ type: 'applicant', id: `a-${index % 100_000}`, person: true }],
    tags: ['bench'],
    metadata: { region: index % 2 === 0 ? 'eu' : 'us' },
    steps: STEPS.map((name, sequence) => ({
      sequence,
      name,
      kind: sequence === 3 ? 'rules' : 'transform',
      status: 'completed',
      input: {
        applicant: `a-${index % 100_000}`,
        amount: 25_000 + index,
        purpose: 'a car, second hand, from a dealer',
      },
      output: {
        score,
        tier: 'B',
        detail: `${name} of ${index} gave what follows: ${'lorem ipsum '.repeat(8)}`,
      },
      reasoning: 'Applied the table in force; nothing unusual was found in the file.',
      durationMs: 1.25 + sequence,
    })),
  };
}
