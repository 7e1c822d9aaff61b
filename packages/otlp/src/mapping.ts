import type { Json, Snapshot, Step } from '@xray/core';
import { isObject, jsonOf } from './values.js';
import { fitted } from './fit.js';
import {
  codeVersionOf,
  environmentOf,
  pipelineOf,
  sessionOf,
  subjectsOf,
  tagsOf,
} from './identity.js';
import { cut } from './names.js';
import { exportedExecution, isOwnRoot } from './own-export.js';
import { decisionOf, type OutcomeRule } from './decision.js';
import { flagEvaluations, trippedGuardrail } from './rules.js';
import { hasFailed, instantOf, marksOf, ownPayloads, stepOf, type TraceFacts } from './steps.js';
import type { Convention } from './conventions.js';
import { logsAsSpans, withLogs } from './logs.js';
import type { LogEvent, Span } from './telemetry.js';
import { inOrder, isRoot, treesOf, withoutDoubles, type Node } from './tree.js';

/** Everything of one trace that has come so far, in any order, with doubles. */
export interface Trace {
  traceId: string;
  spans: Span[];
  logs: LogEvent[];
}

export interface MappingOptions {
  appId: string;
  /** False while spans may still come: the execution is `running`. */
  isTerminal: boolean;
  revision: number;
  /** The app's own rules for outcomes, the first that applies. */
  outcomeRules?: OutcomeRule[];
  /** The app's own attributes for the pipeline and the environment, before all others but `xray.pipeline`. */
  pipelineAttributes?: string[];
  environmentAttributes?: string[];
  keepsStacks?: boolean;
}

/** Whether the trace has its root, so that little is still to come. */
export function hasRoot({ spans }: Trace): boolean {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.some((span) => isRoot(span, ids));
}

/** The conventions that the trace follows. Without one, X-Ray knows no more than names and times. */
export function conventionsOf(trace: Trace): Convention[] {
  const found = new Set<Convention>();
  for (const node of inOrder(treesOf(spansOf(trace)))) {
    const isStranger = node.view.raw('gen_ai.operation.name') === 'create_agent';
    if (!isStranger) for (const convention of node.view.conventions) found.add(convention);
  }
  return [...found].sort();
}

/**
 * The executions of a trace: one, or one more for each span with `xray.pipeline` when several are not within one
 * another. It uses no clock, and the same spans give the same snapshots in whatever order they came.
 */
export function snapshotsOf(trace: Trace, options: MappingOptions): Snapshot[] {
  const tops = treesOf(spansOf(trace));
  const own = ownPipelines(tops);
  if (own.length < 2) return [snapshotOf(trace, tops, undefined, options)];
  for (const node of own) {
    const siblings = node.parent?.children ?? tops;
    siblings.splice(siblings.indexOf(node), 1);
    node.parent = undefined;
  }
  const rest = tops.length > 0 ? [snapshotOf(trace, tops, undefined, options)] : [];
  const parentId = rest[0]?.executionId;
  const links =
    parentId === undefined ? {} : { links: [{ executionId: parentId, relation: 'parent' }] };
  return [
    ...rest,
    ...own.map((node) => ({ ...snapshotOf(trace, [node], node, options), ...links })),
  ];
}

function spansOf(trace: Trace): Span[] {
  const spans = withoutDoubles(trace.spans);
  return withLogs([...spans, ...logsAsSpans(spans, trace.logs)], trace.logs);
}

/** The topmost spans with a pipeline. No recursion: a trace may be 10,000 spans deep. */
function ownPipelines(tops: Node[]): Node[] {
  const within = new Set<Node>();
  return inOrder(tops).filter((node) => {
    const isWithin = node.parent !== undefined && within.has(node.parent);
    const isOwn = node.view.text('xray.pipeline') !== undefined;
    if (isWithin || isOwn) within.add(node);
    return isOwn && !isWithin;
  });
}

/** The steps that remain of a trace with more spans than the wire format takes. */
const MAX_STEPS = 10_000;
const FIRST = 400;
const LAST = 100;

function snapshotOf(
  trace: Trace,
  tops: Node[],
  own: Node | undefined,
  options: MappingOptions,
): Snapshot {
  const order = inOrder(tops);
  const root = own ?? rootOf(tops, trace);
  const ownRoot = root !== undefined && isOwnRoot(root) ? root : undefined;
  const exported = ownRoot === undefined ? {} : exportedExecution(ownRoot.view);
  const kept = keptOf(order.filter((node) => node !== ownRoot));
  const facts = factsOf(order, options);
  const { steps, marks } = stepsOf(kept, facts);
  const pipeline = pipelineOf(order, root, options.pipelineAttributes);
  const environment = environmentOf(order, options.environmentAttributes);
  const code = codeVersionOf(order);
  const subjects = subjectsOf(order);
  const tags = tagsOf(order);
  const status = options.isTerminal ? statusOf(order, root) : 'running';
  const { input, output } = payloadsOf(order, steps, kept, root, options.isTerminal);
  const decision = decisionOf({
    order,
    root,
    steps: new Map(kept.map((node, index) => [node, steps[index]])),
    pipeline: pipeline.value,
    output,
    hasFailed: status === 'failed',
    isTerminal: options.isTerminal,
    rules: options.outcomeRules ?? [],
  });
  const versions = { ...(code !== undefined && { code }), ...flagVersions(order) };
  const first = root?.view.span ?? order[0]?.view.span;
  const startUs =
    root?.view.span.startUs ?? Math.min(...order.map(({ view }) => view.span.startUs));
  const endUs = root?.view.span.endUs ?? Math.max(...order.map(({ view }) => view.span.endUs));
  const startedAt = instantOf(startUs);
  const endedAt = options.isTerminal ? instantOf(endUs) : undefined;
  const droppedSteps = order.length - kept.length - (ownRoot === undefined ? 0 : 1);
  const snapshot: Snapshot = {
    schemaVersion: 1,
    executionId: executionIdOf(trace.traceId, order, own),
    revision: options.revision,
    appId: options.appId,
    pipeline: pipeline.value,
    ...(environment !== undefined && { environment: environment.value }),
    ...(Object.keys(versions).length > 0 && { versions }),
    status,
    ...(decision !== undefined && { decision }),
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(endedAt !== undefined &&
      startedAt !== undefined && { durationMs: Math.round(endUs - startUs) / 1000 }),
    ...(subjects.length > 0 && { subjects }),
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(tags.length > 0 && { tags }),
    metadata: metadataOf(order, options.isTerminal && root === undefined),
    ...(first !== undefined && { trace: { traceId: trace.traceId, spanId: first.spanId } }),
    readFrom: {
      pipeline: pipeline.from,
      ...(environment !== undefined && { environment: environment.from }),
    },
    // An export has times in milliseconds, which do not order all spans.
    steps: ownRoot === undefined ? steps : steps.toSorted(bySequence),
    ...(droppedSteps > 0 && { dropped: { steps: droppedSteps } }),
    ...(marks.length > 0 && { marks: marks.slice(0, 500) }),
    sdk: sdkOf(order),
    ...exported,
  };
  return fitted(snapshot);
}

function bySequence(a: Step, b: Step): number {
  return (a.sequence ?? 0) - (b.sequence ?? 0);
}

function executionIdOf(traceId: string, order: Node[], own: Node | undefined): string {
  const named = order.map(({ view }) => view.text('xray.execution.id')).find(isExecutionId);
  if (named !== undefined) return named;
  return own === undefined ? traceId : `${traceId}-${own.view.span.spanId}`;
}

function isExecutionId(text: string | undefined): text is string {
  return text !== undefined && /^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,128}$/.test(text);
}

function rootOf(tops: Node[], { spans }: Trace): Node | undefined {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return tops.find(({ view }) => ids.has(view.span.spanId) && isRoot(view.span, ids));
}

function keptOf(order: Node[]): Node[] {
  if (order.length <= MAX_STEPS) return order;
  const kept = order.filter(
    (node, index) =>
      index < FIRST || index >= order.length - LAST || node.kind === 'decide' || hasFailed(node),
  );
  return kept.slice(0, MAX_STEPS);
}

function factsOf(order: Node[], { keepsStacks = false }: MappingOptions): TraceFacts {
  const tripped = new Set<string>();
  const flagSpans = new Set<string>();
  for (const { view } of order) {
    const name = trippedGuardrail(view.span.statusMessage);
    if (name !== undefined) tripped.add(name);
    const { own } = flagEvaluations(view);
    if (own !== undefined) flagSpans.add(own.identity);
  }
  return { tripped, flagSpans, keepsStacks };
}

/** `steps[i]` is the step of the i-th node. Steps for further questions of a decision model come after them. */
function stepsOf(nodes: Node[], facts: TraceFacts) {
  const places = new Map(nodes.map((node, index) => [node, index]));
  const made = nodes.map((node, index) => {
    let parent = node.parent;
    while (parent !== undefined && !places.has(parent)) parent = parent.parent;
    return stepOf(node, index, parent && places.get(parent), facts);
  });
  const steps: Step[] = made.map(({ step }) => step);
  for (const [index, { choices, hasPersonsNote }] of made.entries()) {
    if (choices.length > 1) {
      for (const { question, candidates } of choices) {
        steps.push({
          sequence: steps.length,
          parent: index,
          name: cut(question, 128) || 'question',
          kind: 'decide',
          candidates,
        });
      }
    }
    if (hasPersonsNote) {
      steps.push({ sequence: steps.length, parent: index, name: 'annotation', kind: 'human' });
    }
  }
  const marks = nodes.flatMap(({ view }, index) => marksOf(view.span, index));
  return { steps, marks };
}

function statusOf(order: Node[], root: Node | undefined): 'completed' | 'failed' {
  if (root !== undefined) return hasFailed(root) ? 'failed' : 'completed';
  const last = order.reduce<Node | undefined>(
    (latest, node) =>
      latest === undefined || node.view.span.endUs > latest.view.span.endUs ? node : latest,
    undefined,
  );
  return last !== undefined && hasFailed(last) ? 'failed' : 'completed';
}

/** The root's input and output. An empty root gets the first input and the last answer of a model below it. */
function payloadsOf(
  order: Node[],
  steps: Step[],
  kept: Node[],
  root: Node | undefined,
  isTerminal: boolean,
): { input: Json | undefined; output: Json | undefined } {
  const rootStep = root && (isOwnRoot(root) ? ownPayloads(root.view) : steps[kept.indexOf(root)]);
  const input = rootStep?.input ?? steps.find((step) => step.input !== undefined)?.input;
  if (rootStep?.output !== undefined) return { input, output: rootStep.output };
  const answer = steps.findLast(
    ({ kind, output }) => (kind === 'llm' || kind === 'decide') && output !== undefined,
  );
  if (answer !== undefined) return { input, output: answer.output };
  const isRootless = root === undefined && isTerminal && order.length > 0;
  const last = isRootless ? steps.findLast((step) => step.output !== undefined) : undefined;
  return { input, output: last?.output };
}

const MAX_FLAGS = 28;

function flagVersions(order: Node[]): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const { view } of order) {
    const { own, events } = flagEvaluations(view);
    for (const { key, variant } of own === undefined ? events : [own, ...events]) {
      const name = cut(`flag:${key}`, 128);
      if (variant === undefined || Object.keys(versions).length >= MAX_FLAGS) continue;
      versions[name] = cut(variant, 128);
    }
  }
  return versions;
}

const MAX_METADATA = 60;

function metadataOf(order: Node[], isRootMissing: boolean): Snapshot['metadata'] {
  const metadata = new Map<string, string | number | boolean>();
  for (const { view } of order) {
    for (const name of view.names()) {
      if (!name.startsWith('langfuse.trace.metadata.') || metadata.size >= MAX_METADATA) continue;
      const value = jsonOf(view.raw(name) ?? null);
      const key = cut(name.slice('langfuse.trace.metadata.'.length), 64);
      if (typeof value === 'number' || typeof value === 'boolean') metadata.set(key, value);
      else if (value !== null) {
        metadata.set(key, cut(isObject(value) ? JSON.stringify(value) : String(value), 256));
      }
    }
  }
  const { session, threadId } = sessionOf(order);
  const services = new Set(order.map(({ view }) => view.span.resource['service.name']));
  services.delete(undefined);
  if (services.size > 0) metadata.set('service', cut([...services].sort().join(', '), 256));
  if (session !== undefined) metadata.set('session', session);
  if (threadId !== undefined) metadata.set('thread_id', threadId);
  if (isRootMissing) metadata.set('rootMissing', true);
  return Object.fromEntries(metadata);
}

function sdkOf(order: Node[]): NonNullable<Snapshot['sdk']> {
  const resource = order[0]?.view.span.resource ?? {};
  const language = resource['telemetry.sdk.language'];
  const version = resource['telemetry.sdk.version'];
  return {
    name: language === undefined ? 'opentelemetry' : `opentelemetry-${String(language)}`,
    version: version === undefined ? 'unknown' : String(version),
  };
}
