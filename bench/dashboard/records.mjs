// Generates executions at the server's limits: 10,000 steps, 5 MiB a snapshot.

const START_MS = Date.UTC(2026, 9, 1);
const STEPS_IN_A_GROUP = 20;
const ROW_BYTES = 1_000;

const at = (offsetMs) => new Date(START_MS + offsetMs).toISOString();

/** A small execution for the long list. */
export function smallExecution(appId, index) {
  const isDeclined = index % 5 === 0;
  return {
    executionId: `small-${String(index).padStart(6, '0')}`,
    appId,
    pipeline: `pipeline-${index % 4}`,
    startedAt: at(index * 1_000),
    durationMs: 10 + (index % 90),
    decision: isDeclined
      ? { outcome: 'declined', adverse: true, reasons: [{ code: 'SCORE_LOW' }] }
      : { outcome: 'approved' },
    subjects: [{ type: 'applicant', id: `a-${index}` }],
    steps: [{ name: 'rules', kind: 'rules' }],
  };
}

/** Consecutive groups of steps, each step with a small input and output. */
export function longExecution(appId, executionId, steps) {
  return {
    executionId,
    appId,
    pipeline: 'long',
    startedAt: at(0),
    durationMs: steps,
    decision: { outcome: 'approved' },
    steps: Array.from({ length: steps }, (_, sequence) => {
      const inGroup = sequence % STEPS_IN_A_GROUP;
      return {
        sequence,
        ...(inGroup === 0 ? { kind: 'group' } : { kind: 'transform', parent: sequence - inGroup }),
        name: `${inGroup === 0 ? 'group' : 'step'}_${sequence}`,
        startedAt: at(sequence),
        durationMs: inGroup === 0 ? STEPS_IN_A_GROUP : 1,
        input: { value: sequence },
        output: { value: sequence * 2, note: 'as it should be' },
      };
    }),
  };
}

/** A small step, then a step whose output has about `bytes` bytes. */
export function heavyExecution(appId, executionId, bytes) {
  const rows = Array.from({ length: Math.floor(bytes / ROW_BYTES) }, (_, index) => {
    const row = { index, id: `row-${index}`, score: index / 7, tags: ['one', 'two'], text: '' };
    return {
      ...row,
      text: 'lorem ipsum '.repeat(90).slice(0, ROW_BYTES - JSON.stringify(row).length - 1),
    };
  });
  return {
    executionId,
    appId,
    pipeline: 'heavy',
    startedAt: at(0),
    steps: [
      { name: 'small', output: { fine: true } },
      { name: 'heavy', output: { rows } },
    ],
  };
}
