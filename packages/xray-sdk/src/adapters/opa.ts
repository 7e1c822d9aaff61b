import type { XRaySDK } from '../client.js';
import type { Execution } from '../execution.js';
import { asRecord, isObject, quietly } from '../source.js';
import type { Step } from '../step.js';
import { denialsOf, outcomeOf, type PolicyOutcome } from './opa-result.js';
import { type PlaceOptions, recordIn } from './place.js';
import { wrapMethod } from './wrap-method.js';

export type { PlaceOptions } from './place.js';

/**
 * The options of a recorded policy.
 *
 * @example
 * ```ts
 * import type { OpaOptions } from '@xray/sdk/opa';
 *
 * const options: OpaOptions = { name: 'access', version: 'r42' };
 * ```
 */
export interface OpaOptions extends PlaceOptions {
  /** The step's name. Default: the path of the query, or `policy`. */
  name?: string | undefined;
  /** The version of the policy, such as the revision of its bundle. OPA's server may name it itself. */
  version?: string | undefined;
}

/**
 * Records each evaluation of a policy that `@open-policy-agent/opa-wasm` has loaded. Denials become
 * failed checks. Returns the same policy. Its results stay as they are.
 *
 * @example
 * ```ts
 * import { loadPolicy } from '@open-policy-agent/opa-wasm';
 * import { xrayOpa } from '@xray/sdk/opa';
 *
 * const policy = xrayOpa(xray, await loadPolicy(new ArrayBuffer(8)));
 * const results = policy.evaluate({ user: 'ann' });
 * ```
 */
export function xrayOpa<Policy extends { evaluate(...args: never[]): unknown }>(
  xray: XRaySDK,
  policy: Policy,
  options: OpaOptions = {},
): Policy {
  wrapMethod(
    policy,
    'evaluate',
    (evaluate) =>
      function (...args) {
        const bare = (): unknown => evaluate.apply(this, args);
        const [input, entrypoint] = args;
        const name = quietly(() => options.name) ?? entrypointName(policy, entrypoint);
        return recordIn(
          xray,
          options,
          (execution, isOwn) =>
            execution.step(name, { kind: 'rules', input }, (step) => {
              const results = bare();
              const [first] = Array.isArray(results) ? (results as unknown[]) : [];
              const result = isObject(first) ? asRecord(first)['result'] : undefined;
              quietly(() =>
                recordOutcome(execution, step, isOwn, { name, result, output: result, options }),
              );
              return results;
            }),
          bare,
        );
      },
  );
  return policy;
}

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * Returns a `fetch` that records each query of OPA's Data API. Other requests pass unrecorded.
 *
 * @example
 * ```ts
 * import { xrayOpaFetch } from '@xray/sdk/opa';
 *
 * const fetch = xrayOpaFetch(xray);
 * const body = JSON.stringify({ input: { user: 'ann' } });
 * await fetch('http://127.0.0.1:8181/v1/data/app/access', { method: 'POST', body });
 * ```
 */
export function xrayOpaFetch(
  xray: XRaySDK,
  options: OpaOptions = {},
  fetch: Fetch = globalThis.fetch,
): Fetch {
  return async (request, init) => {
    const bare = (): Promise<Response> => fetch(request, init);
    const query = quietly(() => queryOf(request));
    if (query === undefined) return await bare();
    const name = quietly(() => options.name) ?? query;
    const input = quietly(() => inputOf(init?.body));
    return await recordIn(
      xray,
      options,
      (execution, isOwn) =>
        execution.step(name, { kind: 'rules', input }, async (step) => {
          const response = await bare();
          // An answer that is not JSON is not OPA's. The host reads it by itself.
          const answer = await jsonOf(response);
          if (isObject(answer)) {
            const { result, decision_id, code, message } = asRecord(answer);
            const output = { status: response.status, decision_id, result, code, message };
            quietly(() =>
              recordOutcome(execution, step, isOwn && response.ok, {
                name,
                result,
                output,
                options,
                versions: versionsOf(answer),
              }),
            );
          } else step.note({ output: { status: response.status } });
          return response;
        }),
      bare,
    );
  };
}

interface Recorded {
  readonly name: string;
  readonly result: unknown;
  readonly output: unknown;
  readonly options: OpaOptions;
  readonly versions?: Record<string, string> | undefined;
}

function recordOutcome(
  execution: Execution,
  step: Step,
  isOwn: boolean,
  { name, result, output, options, versions = {} }: Recorded,
): void {
  step.note({ output });
  const version = quietly(() => options.version);
  const known = version === undefined ? versions : { ...versions, policy: version };
  execution.set({ versions: known });
  const outcome = outcomeOf(result);
  recordDenials(step, name, outcome, result);
  if (isOwn) execution.decide(outcome.text, { adverse: outcome.isAllowed === false });
}

/** A denial is a failed check, so it becomes a reason of the next decision. */
function recordDenials(step: Step, name: string, outcome: PolicyOutcome, result: unknown): void {
  const denials = denialsOf(result);
  for (const { rule, ...details } of denials) step.check(rule, false, details);
  if (outcome.isAllowed === undefined) return;
  const effect = denials.length > 0 ? 'none' : 'reject';
  step.check(`${name}.allow`, outcome.isAllowed, { effect, reason: 'DENIED' });
}

function entrypointName(policy: object, entrypoint: unknown): string {
  if (typeof entrypoint === 'string') return entrypoint.replaceAll('/', '.');
  const entrypoints = quietly(() => asRecord(policy)['entrypoints']);
  const names = isObject(entrypoints) ? Object.entries(entrypoints) : [];
  const [name] = names.find(([, id]) => id === (entrypoint ?? 0)) ?? [];
  return name?.replaceAll('/', '.') ?? 'policy';
}

/** The path below `/v1/data/` or `/v0/data/`, in Rego's form. `undefined`: not a query for data. */
function queryOf(request: string | URL | Request): string | undefined {
  const address = typeof request === 'string' ? request : 'url' in request ? request.url : request;
  const { pathname } = new URL(address, 'http://localhost');
  const [, path] = /\/v[01]\/data\/(.+?)\/?$/.exec(pathname) ?? [];
  return path === undefined ? undefined : decodeURIComponent(path).replaceAll('/', '.');
}

function inputOf(body: unknown): unknown {
  const parsed: unknown = typeof body === 'string' ? JSON.parse(body) : undefined;
  return isObject(parsed) && 'input' in parsed ? parsed.input : parsed;
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.clone().json();
  } catch {
    return undefined;
  }
}

/** OPA adds the revisions of its bundles when the query asks for `provenance=true`. */
function versionsOf(answer: object): Record<string, string> | undefined {
  const { provenance } = asRecord(answer);
  const { bundles, revision } = isObject(provenance) ? asRecord(provenance) : {};
  const named = isObject(bundles) ? Object.entries(asRecord(bundles)) : [];
  const revisions = named.flatMap(([name, bundle]): [string, string][] => {
    const of = isObject(bundle) ? asRecord(bundle)['revision'] : undefined;
    return typeof of === 'string' && of !== '' ? [[name, of]] : [];
  });
  if (typeof revision === 'string' && revision !== '') return { policy: revision };
  if (revisions.length === 0) return undefined;
  const [[, only] = ['', '']] = revisions;
  if (revisions.length === 1) return { policy: only };
  return Object.fromEntries(revisions.map(([name, of]) => [`policy ${name}`, of]));
}
