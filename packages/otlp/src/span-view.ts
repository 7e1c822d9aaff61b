import type { Json } from '@xray/core';
import {
  CHOICE_EVENT,
  conventionOf,
  DETAILS_EVENT,
  MESSAGE_EVENTS,
  type Convention,
  type Source,
} from './conventions.js';
import type { Attributes, Span, SpanEvent } from './telemetry.js';
import { isObject, jsonOf } from './values.js';

/** A list that was flattened into attributes may have this many entries. */
const MAX_PLACE = 10_000;

type Branch = Map<string, Branch | Json>;

/** A span whose attributes were gone through once: plain ones by name, flattened lists as lists. */
export class SpanView {
  readonly span: Span;
  readonly conventions = new Set<Convention>();
  readonly #plain: ReadonlyMap<string, Json>;
  readonly #lists: ReadonlyMap<string, Json[]>;

  constructor(span: Span) {
    this.span = span;
    const plain = new Map<string, Json>(Object.entries(span.attributes));
    const branches = new Map<string, Branch>();
    for (const [key, value] of plain) {
      const convention = conventionOf(key);
      if (convention !== undefined) this.conventions.add(convention);
      const list = /^(.*?)\.(\d+\..+)$/.exec(key);
      if (list?.[1] !== undefined && list[2] !== undefined) {
        plant(branchOf(branches, list[1]), list[2].split('.'), value);
      }
    }
    for (const event of span.events) {
      const convention = conventionOf(event.name);
      if (convention !== undefined) this.conventions.add(convention);
    }
    this.#lists = new Map([...branches].map(([name, branch]) => [name, entriesOf(branch)]));
    this.#plain = withMessages(plain, span.events);
  }

  has(name: string): boolean {
    return this.#plain.has(name);
  }

  raw(name: string): Json | undefined {
    return this.#plain.get(name);
  }

  text(name: string): string | undefined {
    const value = this.#plain.get(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  list(name: string): Json[] | undefined {
    return this.#lists.get(name);
  }

  names(): Iterable<string> {
    return this.#plain.keys();
  }

  /** The first source that is set, and its name. */
  first(sources: readonly Source[]): { value: Json; attribute: string } | undefined {
    for (const source of sources) {
      const value = this.#read(source);
      if (value !== undefined && value !== null && value !== '') {
        return { value, attribute: source.attribute };
      }
    }
    return undefined;
  }

  firstText(sources: readonly Source[]): string | undefined {
    for (const source of sources) {
      const value = this.#read(source);
      if (typeof value === 'string' && value !== '') return value;
      if (typeof value === 'number') return String(value);
    }
    return undefined;
  }

  firstNumber(sources: readonly Source[]): number | undefined {
    for (const source of sources) {
      const number = numberOf(this.#read(source));
      if (number !== undefined) return number;
    }
    return undefined;
  }

  #read({ attribute, form }: Source): Json | undefined {
    if (form === 'messages') return this.#lists.get(attribute)?.map(unwrapMessage);
    if (form === 'entries') return this.#lists.get(attribute);
    return this.#plain.get(attribute);
  }
}

export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function branchOf(branches: Map<string, Branch>, name: string): Branch {
  const known = branches.get(name);
  if (known !== undefined) return known;
  const branch: Branch = new Map();
  branches.set(name, branch);
  return branch;
}

function plant(root: Branch, path: string[], value: Json): void {
  let branch = root;
  for (const [index, part] of path.entries()) {
    if (index === path.length - 1) {
      if (!branch.has(part)) branch.set(part, value);
      return;
    }
    const next = branch.get(part);
    if (next instanceof Map) {
      branch = next;
      continue;
    }
    const made: Branch = new Map();
    branch.set(part, made);
    branch = made;
  }
}

function grown(branch: Branch): Json {
  const keys = [...branch.keys()];
  if (keys.every((key) => /^\d+$/.test(key))) return entriesOf(branch);
  return Object.fromEntries(
    [...branch].map(([key, value]) => [key, value instanceof Map ? grown(value) : value]),
  );
}

function entriesOf(branch: Branch): Json[] {
  return [...branch]
    .map(([key, value]) => ({ place: Number(key), value }))
    .filter(({ place }) => place <= MAX_PLACE)
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => (value instanceof Map ? grown(value) : value));
}

/** OpenInference wraps messages, their parts and their tool calls in objects with one member. */
function unwrapMessage(entry: Json): Json {
  if (Array.isArray(entry)) return entry.map(unwrapMessage);
  if (!isObject(entry)) return entry;
  const fields = entry as Record<string, Json>;
  const wrapped = fields.message ?? fields.tool_call ?? fields.message_content;
  if (wrapped !== undefined && isObject(wrapped)) return unwrapMessage(wrapped as Json);
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key === 'contents' && fields.content === undefined ? 'content' : key,
      unwrapMessage(value),
    ]),
  );
}

/** Messages that came as events, under the names of the attributes for messages. */
function withMessages(plain: Map<string, Json>, events: SpanEvent[]): Map<string, Json> {
  const inputs: Json[] = [];
  const outputs: Json[] = [];
  const details: Attributes[] = [];
  for (const { name, attributes } of events) {
    const role = MESSAGE_EVENTS[name];
    const { 'event.body': body, ...rest } = attributes;
    const content = isObject(body) ? (body as Record<string, Json>) : rest;
    if (role !== undefined) inputs.push({ role, ...withoutNames(content) });
    else if (name === CHOICE_EVENT) outputs.push(withoutNames(content));
    else if (name === DETAILS_EVENT) details.push(rest);
  }
  for (const attributes of details) {
    for (const [key, value] of Object.entries(attributes)) {
      // Strands sends one event for the input and one for the output.
      if (!plain.has(key)) plain.set(key, value);
    }
  }
  if (inputs.length > 0 && !plain.has('gen_ai.input.messages')) {
    plain.set('gen_ai.input.messages', inputs);
  }
  if (outputs.length > 0 && !plain.has('gen_ai.output.messages')) {
    plain.set('gen_ai.output.messages', outputs);
  }
  return plain;
}

function withoutNames(content: Record<string, Json>): Record<string, Json> {
  const kept = Object.entries(content).filter(
    ([key]) => !['gen_ai.system', 'gen_ai.provider.name', 'event.name'].includes(key),
  );
  return Object.fromEntries(
    kept.map(([key, value]) => [key, key === 'content' ? value : jsonOf(value)]),
  );
}
