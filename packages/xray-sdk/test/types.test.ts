import type * as core from '@xray/core';
import { expectTypeOf, test } from 'vitest';

import type * as candidates from '../src/wire/candidates.js';
import type * as decision from '../src/wire/decision.js';
import type * as snapshot from '../src/wire/snapshot.js';
import type * as step from '../src/wire/step.js';

/** Core treats an optional `null` as absent. The SDK never writes one. */
type KnownKeys<T> = keyof {
  [K in keyof T as string extends K ? never : number extends K ? never : K]: T[K];
};

/** Interfaces as plain object types, because only these are comparable with core's open types. */
type Plain<T> = [T] extends [snapshot.Json | undefined]
  ? T
  : T extends (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T;

test('core accepts everything that the SDK writes', () => {
  const taken = (written: Plain<snapshot.Snapshot>): core.Snapshot => written;
  expectTypeOf(taken).returns.toEqualTypeOf<core.Snapshot>();
});

test('the SDK and core have the same fields in each object', () => {
  expectTypeOf<KnownKeys<snapshot.Snapshot>>().toEqualTypeOf<KnownKeys<core.Snapshot>>();
  expectTypeOf<KnownKeys<step.Step>>().toEqualTypeOf<KnownKeys<core.Step>>();
  expectTypeOf<KnownKeys<step.StepError>>().toEqualTypeOf<KnownKeys<core.StepError>>();
  expectTypeOf<KnownKeys<step.Returned>>().toEqualTypeOf<KnownKeys<core.Returned>>();
  expectTypeOf<KnownKeys<decision.Decision>>().toEqualTypeOf<KnownKeys<core.Decision>>();
  expectTypeOf<KnownKeys<decision.Reason>>().toEqualTypeOf<KnownKeys<core.Reason>>();
  expectTypeOf<KnownKeys<decision.Actor>>().toEqualTypeOf<KnownKeys<core.Actor>>();
  expectTypeOf<KnownKeys<step.Rule>>().toEqualTypeOf<KnownKeys<core.Rule>>();
  expectTypeOf<KnownKeys<candidates.Candidate>>().toEqualTypeOf<KnownKeys<core.Candidate>>();
  expectTypeOf<KnownKeys<candidates.CandidateSet>>().toEqualTypeOf<KnownKeys<core.CandidateSet>>();
  expectTypeOf<KnownKeys<step.Artifact>>().toEqualTypeOf<KnownKeys<core.Artifact>>();
  expectTypeOf<KnownKeys<snapshot.Mark>>().toEqualTypeOf<KnownKeys<core.Mark>>();
  expectTypeOf<KnownKeys<decision.Subject>>().toEqualTypeOf<KnownKeys<core.Subject>>();
  expectTypeOf<KnownKeys<snapshot.Link>>().toEqualTypeOf<KnownKeys<core.Link>>();
});

test('the SDK and core have the same statuses, kinds, outcomes and marks', () => {
  expectTypeOf<snapshot.Status>().toEqualTypeOf<core.Status>();
  expectTypeOf<step.StepStatus>().toEqualTypeOf<core.StepStatus>();
  expectTypeOf<step.Kind>().toEqualTypeOf<core.KnownKind>();
  expectTypeOf<candidates.Outcome>().toEqualTypeOf<core.CandidateOutcome>();
  expectTypeOf<snapshot.Json>().toExtend<core.Json>();
});
