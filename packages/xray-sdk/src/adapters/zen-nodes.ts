import { asRecord, isObject, quietly, type Source } from '../source.js';
import type { CheckDetails, Step } from '../step.js';
import type { Kind } from '../wire/step.js';

/** One node of the engine's trace. */
export interface TracedNode {
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly performance?: string;
  readonly order?: number;
  readonly traceData?: unknown;
}

/** The engine's own evaluation of expressions, so that a cell means here what it means there. */
export interface Evaluators {
  evaluateExpressionSync(expression: string, context?: unknown): unknown;
  evaluateUnaryExpressionSync(expression: string, context: unknown): unknown;
}

interface Surroundings {
  readonly evaluators: Evaluators;
  /** The content of another decision, by its key. */
  contentOf(key: string): unknown;
}

/** Records the traced nodes in the order of their evaluation, each as a step inside this step. */
export function recordNodes(
  step: Step,
  trace: Record<string, TracedNode>,
  content: unknown,
  surroundings: Surroundings,
): void {
  const known = nodesOf(content);
  const traced = Object.values(trace).sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
  for (const node of traced) {
    const definition = known.get(String(node.id));
    const type = definition?.['type'];
    const isEdge = type === 'inputNode' || type === 'outputNode';
    if (isEdge || (definition === undefined && !isObject(node.traceData))) continue;
    const { input, output, performance } = node;
    const durationMs = millisecondsOf(performance);
    const metrics = durationMs === undefined ? {} : { metrics: { duration_ms: durationMs } };
    const name = node.name ?? String(node.id);
    step.step(name, { kind: KINDS[String(type)], input, output, ...metrics }, (inner) => {
      quietly(() => recordNode(inner, name, node, definition, surroundings));
    });
  }
}

const KINDS: Record<string, Kind> = {
  decisionTableNode: 'rules',
  switchNode: 'rules',
  decisionNode: 'group',
  expressionNode: 'transform',
  functionNode: 'transform',
  httpNode: 'retrieve',
};

function recordNode(
  step: Step,
  name: string,
  node: TracedNode,
  definition: Source | undefined,
  surroundings: Surroundings,
): void {
  const content = isObject(definition?.['content']) ? asRecord(definition['content']) : {};
  const data = node.traceData;
  if (definition?.['type'] === 'decisionTableNode') {
    recordTable(step, { name, input: node.input, data, content }, surroundings.evaluators);
  } else if (definition?.['type'] === 'switchNode') recordSwitch(step, name, data, content);
  else if (definition?.['type'] === 'decisionNode' && isObject(data)) {
    const inner = surroundings.contentOf(String(content['key']));
    recordNodes(step, data as Record<string, TracedNode>, inner, surroundings);
  }
}

interface Table {
  readonly name: string;
  readonly input: unknown;
  readonly data: unknown;
  readonly content: Source;
}

interface Column {
  readonly id: string;
  readonly name: string;
  readonly field: string;
}

const MAX_ROWS = 450;

/** Records the rows that were evaluated: those above the match, the match, or all of them. */
function recordTable(step: Step, table: Table, evaluators: Evaluators): void {
  const { content, data } = table;
  // In a loop the table has one result for each item.
  if (content['executionMode'] === 'loop') return;
  const rows = listOf(content['rules']);
  const columns = listOf(content['inputs']).map((column): Column => ({
    id: String(column['id']),
    name: String(column['name'] ?? column['field'] ?? column['id']),
    field: typeof column['field'] === 'string' ? column['field'].trim() : '',
  }));
  const matched = new Set(
    (Array.isArray(data) ? data : [data]).flatMap((each: unknown) => {
      const index = isObject(each) ? asRecord(each)['index'] : undefined;
      return typeof index === 'number' ? [index] : [];
    }),
  );
  const isFirst = content['hitPolicy'] !== 'collect';
  const [match = rows.length] = matched;
  const evaluated = isFirst ? rows.slice(0, match + 1) : rows;
  const context = contextOf(table, evaluators);
  evaluated.slice(0, MAX_ROWS).forEach((row, index) => {
    const id = rowId(table.name, row, index);
    if (matched.has(index)) {
      step.check(id, true, { effect: 'none' });
      return;
    }
    const failed = firstFailure(row, columns, context, evaluators);
    if (failed !== undefined) step.check(id, false, { effect: 'none', ...failed });
  });
  step.note({ metrics: { rows: rows.length, rows_evaluated: evaluated.length } });
}

function rowId(table: string, row: Source, index: number): string {
  const description = row['_description'];
  const isDescribed = typeof description === 'string' && description.trim() !== '';
  return `${table}/${isDescribed ? description.trim() : `row ${String(index + 1)}`}`;
}

/** A table may read only a part of its node's input. */
function contextOf({ content, input }: Table, { evaluateExpressionSync }: Evaluators): Source {
  const field = content['inputField'];
  const isPart = typeof field === 'string' && field !== '';
  const context = isPart ? evaluateExpressionSync(field, input) : input;
  return isObject(context) ? asRecord(context) : {};
}

/** The engine reads cells from the left, so the first cell that fails decides against the row. */
function firstFailure(
  row: Source,
  columns: readonly Column[],
  context: Source,
  evaluators: Evaluators,
): CheckDetails | undefined {
  for (const { id, name, field } of columns) {
    const cell = row[id];
    if (typeof cell !== 'string' || cell.trim() === '' || cell.trim() === '-') continue;
    if (field === '') {
      if (evaluators.evaluateExpressionSync(cell, context) === true) continue;
      return { field: name, threshold: cell };
    }
    const actual = evaluators.evaluateExpressionSync(field, context);
    const holds = evaluators.evaluateUnaryExpressionSync(cell, { ...context, $: actual });
    if (holds !== true) return { field, actual, ...comparisonOf(cell) };
  }
  return undefined;
}

/** Simple cells as operator and value, so that X-Ray can say which value would have passed. */
function comparisonOf(cell: string): CheckDetails {
  const [, op = '==', text = ''] = /^\s*(>=|<=|==|!=|>|<)?\s*(.*?)\s*$/s.exec(cell) ?? [];
  const value = quietly(() => JSON.parse(text) as unknown);
  const isSimple = typeof value === 'number' || typeof value === 'string';
  return isSimple ? { op, threshold: value } : { threshold: cell };
}

function recordSwitch(step: Step, name: string, data: unknown, content: Source): void {
  const passed = new Set(
    listOf(isObject(data) ? asRecord(data)['statements'] : undefined).map(({ id }) => id),
  );
  const statements = listOf(content['statements']);
  const last = statements.findLastIndex(({ id }) => passed.has(id));
  const isFirst = content['hitPolicy'] !== 'collect';
  const evaluated = isFirst && last >= 0 ? statements.slice(0, last + 1) : statements;
  evaluated.slice(0, MAX_ROWS).forEach(({ id, condition }, index) => {
    const isElse = typeof condition !== 'string' || condition.trim() === '';
    const threshold = isElse ? 'else' : condition;
    const place = `branch ${String(index + 1)}`;
    step.check(`${name}/${place}`, passed.has(id), { effect: 'none', threshold });
  });
}

function listOf(value: unknown): Source[] {
  return Array.isArray(value) ? value.filter(isObject).map(asRecord) : [];
}

const knownNodes = new WeakMap<object, Map<string, Source>>();

/** The nodes of a decision by their id. The host may give the content as an object or as bytes. */
function nodesOf(content: unknown): Map<string, Source> {
  if (!isObject(content)) return new Map();
  const known = knownNodes.get(content);
  if (known !== undefined) return known;
  const parsed = quietly(() => parsedContent(content));
  const nodes = isObject(parsed) ? listOf(asRecord(parsed)['nodes']) : [];
  const byId = new Map(nodes.map((node) => [String(node['id']), node]));
  knownNodes.set(content, byId);
  return byId;
}

function parsedContent(content: unknown): unknown {
  if (content instanceof Uint8Array) return JSON.parse(new TextDecoder().decode(content));
  if (!isObject(content)) return undefined;
  const { toBuffer } = asRecord(content);
  if (typeof toBuffer !== 'function') return content;
  return parsedContent(toBuffer.call(content));
}

const UNITS: Record<string, number> = { ns: 1e-6, µs: 1e-3, ms: 1, s: 1_000 };

/** The engine prints times such as `70.8µs`. */
function millisecondsOf(performance: unknown): number | undefined {
  const [, count, unit] = /^([\d.]+)(ns|µs|ms|s)$/.exec(String(performance)) ?? [];
  const factor = UNITS[unit ?? ''];
  return factor === undefined ? undefined : Number(count) * factor;
}
