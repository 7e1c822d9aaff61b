import type * as core from '@xray/core';
import { expectTypeOf, test } from 'vitest';

import type * as sdk from '../src/types.js';

/** Core reads an optional `null` as absent; the SDK never writes one. */
type KnownKeys<T> = keyof {
  [K in keyof T as string extends K ? never : number extends K ? never : K]: T[K];
};

/** Interfaces as plain object types, which alone are comparable with core's open ones. */
type Plain<T> = [T] extends [sdk.Json | undefined]
  ? T
  : T extends (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T;

test('what the SDK may write is what core takes', () => {
  const taken = (snapshot: Plain<sdk.Snapshot>): core.Snapshot => snapshot;
  expectTypeOf(taken).returns.toEqualTypeOf<core.Snapshot>();
});

test('the two know the same fields, object by object', () => {
  expectTypeOf<KnownKeys<sdk.Snapshot>>().toEqualTypeOf<KnownKeys<core.Snapshot>>();
  expectTypeOf<KnownKeys<sdk.Step>>().toEqualTypeOf<KnownKeys<core.Step>>();
  expectTypeOf<KnownKeys<sdk.Decision>>().toEqualTypeOf<KnownKeys<core.Decision>>();
  expectTypeOf<KnownKeys<sdk.Reason>>().toEqualTypeOf<KnownKeys<core.Reason>>();
  expectTypeOf<KnownKeys<sdk.Actor>>().toEqualTypeOf<KnownKeys<core.Actor>>();
  expectTypeOf<KnownKeys<sdk.Rule>>().toEqualTypeOf<KnownKeys<core.Rule>>();
  expectTypeOf<KnownKeys<sdk.Candidate>>().toEqualTypeOf<KnownKeys<core.Candidate>>();
  expectTypeOf<KnownKeys<sdk.CandidateSet>>().toEqualTypeOf<KnownKeys<core.CandidateSet>>();
  expectTypeOf<KnownKeys<sdk.Artifact>>().toEqualTypeOf<KnownKeys<core.Artifact>>();
  expectTypeOf<KnownKeys<sdk.Mark>>().toEqualTypeOf<KnownKeys<core.Mark>>();
  expectTypeOf<KnownKeys<sdk.Subject>>().toEqualTypeOf<KnownKeys<core.Subject>>();
  expectTypeOf<KnownKeys<sdk.Link>>().toEqualTypeOf<KnownKeys<core.Link>>();
});

test('the two know the same names of statuses, kinds, outcomes and marks', () => {
  expectTypeOf<sdk.Status>().toEqualTypeOf<core.Status>();
  expectTypeOf<sdk.StepStatus>().toEqualTypeOf<core.StepStatus>();
  expectTypeOf<sdk.Kind>().toEqualTypeOf<core.KnownKind>();
  expectTypeOf<sdk.Outcome>().toEqualTypeOf<core.CandidateOutcome>();
  expectTypeOf<sdk.Json>().toEqualTypeOf<core.Json>();
});
