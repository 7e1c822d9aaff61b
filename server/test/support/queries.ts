import * as fc from 'fast-check';
import { rollUpRules, type QueryFacts, type Snapshot } from '@xray/core';
import { APP } from './databases.js';

const name = fc.constantFrom('score', 'rules', 'rules_2', '100%', 'a_b', 'données', '決定');
const id = fc.constantFrom('1', '123', 'a/1', '1/a', 'B07X', 'x"y', '%');
export const NOW = Date.parse('2026-11-22T12:00:00Z');

/** The vocabularies are small, so that random queries match random executions. */
const anySnapshot = fc.record(
  {
    appId: fc.constant(APP),
    pipeline: fc.constantFrom('loan', 'loan-2', 'Loan', 'offer'),
    steps: fc.array(
      fc.record(
        {
          name,
          status: fc.constantFrom('completed', 'failed', 'timed_out', 'skipped'),
          error: fc.record({
            type: fc.constantFrom('TimeoutError', 'T_'),
            message: fc.constant(''),
          }),
          rules: fc.array(
            fc.record({
              id: fc.constantFrom('max_dti', 'max%', 'min'),
              result: fc.constantFrom('pass', 'fail'),
              effect: fc.constantFrom('reject', 'flag'),
              op: fc.constantFrom('<=', '<', null),
              threshold: fc.constantFrom(0.36, 0.43, '0.36', 'eu', ['eu'], null),
            }),
            { maxLength: 2 },
          ),
        },
        { requiredKeys: ['name'] },
      ),
      { maxLength: 4 },
    ),
    environment: fc.constantFrom('prod', 'test'),
    status: fc.constantFrom('running', 'completed', 'failed', 'canceled', 'timed_out'),
    decision: fc.record(
      {
        outcome: fc.constantFrom('approved', 'declined', 'declined_late'),
        adverse: fc.boolean(),
        reasons: fc.array(
          fc.record({
            code: fc.constantFrom('SCORE_LOW', 'SCORE', 'DTI%'),
            ruleId: fc.constant('min'),
          }),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: ['outcome'] },
    ),
    startedAt: fc
      .integer({ min: -4 * 24 * 60, max: 0 })
      .map((minutes) => new Date(NOW + minutes * 60_000).toISOString()),
    durationMs: fc.constantFrom(0, 0.5, 500, 501, 60_000, 3_600_000),
    versions: fc.dictionary(
      fc.constantFrom('ruleset', 'a b', '__proto__', '', 'a:b'),
      fc.constantFrom('r42', 'r4'),
      { maxKeys: 2 },
    ),
    subjects: fc.array(fc.record({ type: fc.constantFrom('applicant', 'a/1', '1'), id }), {
      maxLength: 2,
    }),
    tags: fc.array(fc.constantFrom('vip', 'vi', 'a b', 'v%', '*'), { maxLength: 3 }),
    metadata: fc.dictionary(
      fc.constantFrom('region', 'n', 'a.b', '__proto__', 'a:b', ''),
      fc.constantFrom('eu', 'eu-1', '2', 2, -0.5, 1e21, true, 'true', 'e_'),
      { maxKeys: 3 },
    ),
  },
  { requiredKeys: ['appId', 'pipeline', 'steps'] },
);

/** A fixed list of this many snapshots. */
export function sampleSnapshots(count: number): Snapshot[] {
  return fc
    .sample(anySnapshot, { numRuns: count, seed: 6 })
    .map((snapshot, index) => ({ ...snapshot, executionId: `e${index}` }));
}

/**
 * The expected column values of a snapshot, from the wire format and not from the server's code.
 */
export function factsOf(snapshot: Snapshot, receivedAt: number): QueryFacts {
  const failed = snapshot.steps.filter(
    ({ status }) => status === 'failed' || status === 'timed_out',
  );
  const rules = rollUpRules(snapshot);
  return {
    executionId: snapshot.executionId,
    pipeline: snapshot.pipeline,
    environment: snapshot.environment ?? 'default',
    status: snapshot.status ?? 'completed',
    outcome: snapshot.decision?.outcome ?? null,
    adverse: snapshot.decision?.adverse ?? null,
    conflict: false,
    at: snapshot.startedAt ? Date.parse(snapshot.startedAt) : receivedAt,
    durationMs: snapshot.durationMs ?? null,
    versions: (snapshot.versions ?? {}) as Record<string, string>,
    metadata: snapshot.metadata ?? {},
    subjects: snapshot.subjects ?? [],
    tags: snapshot.tags ?? [],
    reasons: (snapshot.decision?.reasons ?? []).map(({ code }) => code),
    rules: rules.failed,
    decisive: rules.decisive,
    ruleSettings: snapshot.steps
      .filter(({ status }) => status !== 'skipped')
      .flatMap((step) => step.rules ?? [])
      .map(({ id, op, threshold, effect }) => ({
        id,
        ...(op && { op }),
        ...(threshold !== null && threshold !== undefined && { threshold }),
        ...(effect && { effect }),
      })),
    errorType: failed.find(({ error }) => error)?.error?.type ?? null,
    steps: snapshot.steps.map((step) => ({ name: step.name, status: step.status ?? 'completed' })),
  };
}

const TERMS = String.raw`
pipeline:loan ; pipeline:loan* ; pipeline:Loan,offer ; env:prod ; env:def* ; env:* ; status:failed
status:running,timed_out ; status:* ; id:e1* ; id:e1,e2,e30 ; id:"e1"* ; outcome:declined
outcome:declined* ; outcome:approved,x ; outcome:* ; outcome:"" ; reason:SCORE ; reason:SCORE*
reason:DTI%,x ; reason:* ; rule:max_dti ; rule:max* ; rule:* ; rule:max%,min ; rule.max_dti.threshold:0.36 ; rule.max%.threshold:eu,0.43 ; rule.min.threshold:e*
rule.max_dti.threshold:* ; rule.max_dti.op:"<"* ; rule.min.op:"<=" ; rule.min.effect:flag ; rule.x.version:* ; decisive:min
decisive:m* ; decisive:* ; step:rules ; step:rules* ; step:100%,données ; step:* ; failed:score
failed:a_b* ; failed:* ; error:T_ ; error:T* ; error:* ; subject:1 ; subject:applicant/1
subject:a/1/a ; subject:a/1/a/1 ; subject:1/1/a ; subject:applicant/* ; subject:1* ; subject:*
subject:"x\"y",% ; subject:a/1 ; subject:1/a ; subject:1/* ; version."":r4 ; metadata."a:b":* ; metadata."":eu ; tag:vip ; tag:vi* ; tag:"a b",v% ; tag:"*" ; tag:* ; version.ruleset:r42
version.ruleset:r4* ; version."a b":* ; version.__proto__:r4 ; metadata.region:eu
metadata.region:eu* ; metadata.n:2 ; metadata.n:2.0,true ; metadata.n:-0.5 ; metadata.n:1e21
metadata.a.b:e_* ; metadata.n:* ; metadata.n:2* ; metadata.__proto__:* ; metadata.__proto__:true
adverse:true ; adverse:false ; adverse:* ; conflict:false ; conflict:true ; conflict:*
duration:>500ms ; duration:* ; duration:>=0.5s ; duration:<1min ; duration:<=1h ; duration:<0.5ms
steps:2 ; steps:>2 ; steps:<=1 ; steps:* ; started:2026-11-21 ; started:>2026-11-20
started:<=2026-11-20 ; started:>-36h ; started:<now-2d ; started:>=2026-11-21T06:00+02:00
started:*
`
  .trim()
  .split(/ ; |\n/);

/** Texts of queries without words or candidates, which are not in columns. */
export const anyQueryText: fc.Arbitrary<string> = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { arbitrary: fc.constantFrom(...TERMS), weight: 2 },
    tie('text').map((text) => `-(${text})`),
    fc.tuple(tie('text'), tie('text')).map(([a, b]) => `(${a}) (${b})`),
    fc.tuple(tie('text'), tie('text')).map(([a, b]) => `(${a}) OR (${b})`),
  ),
})).text;

/** Each term by itself, so that none is missed by chance. */
export const EVERY_TERM = TERMS.flatMap((term) => [term, `-${term}`]);
