import type { KnownKind } from '@xray/core';
import { KIND_ROWS, COSTS, INPUT_TOKENS, OUTPUT_TOKENS } from './conventions.js';
import { SpanView } from './span-view.js';
import type { Span } from './telemetry.js';
import { jsonOf } from './values.js';

/** A span in its place. */
export interface Node {
  view: SpanView;
  kind: KnownKind;
  parent: Node | undefined;
  children: Node[];
}

/** The spans of a trace, each id once and in no particular order. */
export function withoutDoubles(spans: Span[]): Span[] {
  const kept = new Map<string, Span>();
  for (const span of spans) {
    const known = kept.get(span.spanId);
    if (known === undefined || isLater(span, known)) kept.set(span.spanId, span);
  }
  return [...kept.values()];
}

/**
 * The span of the later revision of our own export wins, then the one that ends later; of two that end together, the
 * greater text. So order does not matter.
 */
function isLater(a: Span, b: Span): boolean {
  const [revisionA, revisionB] = [revisionOf(a), revisionOf(b)];
  if (revisionA !== revisionB) return revisionA > revisionB;
  if (a.endUs !== b.endUs) return a.endUs > b.endUs;
  return JSON.stringify(a) > JSON.stringify(b);
}

function revisionOf({ attributes }: Span): number {
  const revision = attributes['xray.revision'];
  return typeof revision === 'number' ? revision : -1;
}

/** Whether the span begins its trace: it has no parent, or a remote one outside the trace. */
export function isRoot(span: Span, ids: { has(id: string): boolean }): boolean {
  if (span.parentSpanId === '') return true;
  return span.hasRemoteParent && !ids.has(span.parentSpanId);
}

/**
 * The trees of a trace. A span whose parent never came is at the top, and so is one that is its own ancestor.
 * Siblings are in the order of their start, then the longer first, then by id.
 */
export function treesOf(spans: Span[]): Node[] {
  const nodes = new Map<string, Node>();
  for (const span of [...spans].sort(byStart)) {
    const view = new SpanView(span);
    nodes.set(span.spanId, { view, kind: kindOf(view), parent: undefined, children: [] });
  }
  const tops: Node[] = [];
  for (const node of nodes.values()) {
    const parent = nodes.get(node.view.span.parentSpanId);
    if (parent === undefined || isWithin(parent, node)) {
      tops.push(node);
      continue;
    }
    node.parent = parent;
    parent.children.push(node);
  }
  for (const node of inOrder(tops)) {
    if (node.kind === 'other' && node.children.length > 0 && !hasOwnKind(node.view)) {
      node.kind = 'group';
    }
  }
  for (const node of inOrder(tops)) settleWrapper(node);
  return tops;
}

/** Depth first, so that a parent comes before its children. */
export function inOrder(tops: Node[]): Node[] {
  const order: Node[] = [];
  const left = tops.toReversed();
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    order.push(node);
    for (let index = node.children.length - 1; index >= 0; index--) {
      const child = node.children[index];
      if (child !== undefined) left.push(child);
    }
  }
  return order;
}

function byStart(a: Span, b: Span): number {
  return a.startUs - b.startUs || b.endUs - a.endUs || (a.spanId < b.spanId ? -1 : 1);
}

function isWithin(node: Node, ancestor: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    if (at === ancestor) return true;
  }
  return false;
}

function hasOwnKind(view: SpanView): boolean {
  return view.has('xray.step.kind') || KIND_ROWS.some(({ attribute }) => view.has(attribute));
}

function kindOf(view: SpanView): KnownKind {
  const own = view.text('xray.step.kind');
  if (own !== undefined) return own as KnownKind;
  for (const { attribute, values, others, form } of KIND_ROWS) {
    const raw = view.raw(attribute);
    if (raw === undefined || raw === null) continue;
    const value = String(form === 'quoted' ? jsonOf(raw) : raw);
    const kind = Object.hasOwn(values, value) ? values[value] : others;
    // Traceloop names vector stores' operations freely.
    if (attribute === 'gen_ai.operation.name' && value.includes('retriev')) return 'retrieve';
    if (kind !== undefined) return kind;
  }
  return 'other';
}

/**
 * The outer one of two nested spans of one kind is a wrapper: AI SDK's and LlamaIndex' calls, an agent's tool over an MCP
 * call. The inner keeps the kind, unless only the outer holds documents or tokens.
 */
function settleWrapper(node: Node): void {
  const { parent } = node;
  if (parent === undefined || parent.kind !== node.kind) return;
  if (node.kind === 'group' || node.kind === 'other') return;
  if (holdsDetail(parent.view) && !holdsDetail(node.view)) node.kind = 'other';
  else parent.kind = 'group';
}

function holdsDetail(view: SpanView): boolean {
  return (
    view.list('retrieval.documents') !== undefined ||
    view.list('reranker.input_documents') !== undefined ||
    view.has('gen_ai.retrieval.documents') ||
    view.first([...INPUT_TOKENS, ...OUTPUT_TOKENS, ...COSTS]) !== undefined
  );
}
