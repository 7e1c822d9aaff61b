import type { Json, Subject } from '@xray/core';
import { DEFAULT_NAMES, ENVIRONMENTS, PIPELINES, SESSIONS, TAGS, USERS } from './conventions.js';
import { modelNamesIn } from './models.js';
import { cut, steadyName } from './names.js';
import type { Node } from './tree.js';
import { isObject, jsonOf } from './values.js';

/** A value, and the attribute or place that it was read from. */
export interface Read {
  value: string;
  from: string;
}

const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5];

/** The pipeline of an execution, by the first place that names it. */
export function pipelineOf(order: Node[], root: Node | undefined, names: string[] = []): Read {
  const own = order.find(({ view }) => view.text('xray.pipeline') !== undefined);
  const ownName = own?.view.text('xray.pipeline');
  if (ownName !== undefined) return steady(ownName, 'xray.pipeline');
  const chosen = readFirst(order, names);
  if (chosen !== undefined) return steady(chosen.value, chosen.from);
  for (const { view } of order) {
    for (const { attribute } of PIPELINES) {
      const name = view.text(attribute);
      if (name !== undefined && !DEFAULT_NAMES.has(name)) return steady(name, attribute);
    }
  }
  const named = root ?? order[0];
  const inner = named === undefined ? undefined : innerOf(named);
  const name = inner?.view.span.name ?? '';
  if (inner !== undefined && name !== '' && !DEFAULT_NAMES.has(name)) {
    const models = modelNamesIn(inner.view);
    return { value: steadyName(name, models) || 'unnamed', from: 'span name' };
  }
  const service = order.map(({ view }) => view.span.resource['service.name']).find(isText);
  return steady(service ?? 'unnamed', 'service.name');
}

/** A request's own span names the route. The first span inside says what the program does. */
function innerOf(root: Node): Node {
  const { kind } = root.view.span;
  if (kind !== SERVER && kind !== CONSUMER) return root;
  let level = root.children;
  while (level.length > 0) {
    const inner = level.find(
      ({ view }) => ![SERVER, CLIENT, PRODUCER, CONSUMER].includes(view.span.kind),
    );
    if (inner !== undefined) return inner;
    level = level.flatMap(({ children }) => children);
  }
  return root;
}

function steady(name: string, from: string): Read {
  return { value: steadyName(name) || 'unnamed', from };
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

export function environmentOf(order: Node[], names: string[] = []): Read | undefined {
  const found = readFirst(order, [...names, ...ENVIRONMENTS]);
  return found && { ...found, value: cut(found.value, 64) };
}

/** The first of these attributes that a span or its resource has. */
function readFirst(order: Node[], names: string[]): Read | undefined {
  for (const from of names) {
    for (const { view } of order) {
      const value = attributeText(view.raw(from)) ?? attributeText(view.span.resource[from]);
      if (value !== undefined) return { value, from };
    }
  }
  return undefined;
}

/** A text or number as a name. */
export function attributeText(value: Json | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return isText(value) ? value : undefined;
}

/** The version of the code. Langfuse calls it the release. */
export function codeVersionOf(order: Node[]): string | undefined {
  for (const { view } of order) {
    const version = view.text('langfuse.release') ?? view.span.resource['service.version'];
    if (isText(version)) return cut(version, 128);
  }
  return undefined;
}

const MAX_SUBJECTS = 8;

/** A user is a person, so that erasure finds the execution. */
export function subjectsOf(order: Node[]): Subject[] {
  const subjects = new Map<string, Subject>();
  const add = (subject: Subject): void => {
    if (subjects.size < MAX_SUBJECTS) subjects.set(`${subject.type} ${subject.id}`, subject);
  };
  for (const { view } of order) {
    for (const name of view.names()) {
      if (!name.startsWith('xray.subject.')) continue;
      const id = view.raw(name);
      const type = cut(name.slice('xray.subject.'.length), 128);
      if (type !== '' && (isText(id) || typeof id === 'number')) {
        add({ type, id: cut(String(id), 256) });
      }
    }
    const user = view.firstText(USERS);
    if (user !== undefined) add({ type: 'user', id: cut(user, 256), person: true });
  }
  return [...subjects.values()];
}

export function tagsOf(order: Node[]): string[] {
  const tags = new Set<string>();
  for (const { view } of order) {
    for (const { attribute } of TAGS) {
      const value = jsonOf(view.raw(attribute) ?? null);
      // LangSmith joins its tags with commas.
      const list = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [];
      for (const tag of list) if (isText(tag)) tags.add(cut(tag.trim(), 64));
    }
  }
  return [...tags].slice(0, 32);
}

/** What several executions share: a conversation, a thread of LangGraph. */
export function sessionOf(order: Node[]): { session?: string; threadId?: string } {
  let session: string | undefined;
  let threadId: string | undefined;
  for (const { view } of order) {
    session ??= view.firstText(SESSIONS);
    const metadata = jsonOf(view.raw('metadata') ?? null);
    if (isObject(metadata) && isText(metadata.thread_id as Json)) {
      threadId ??= String(metadata.thread_id);
    }
  }
  return {
    ...(session !== undefined && { session: cut(session, 256) }),
    ...(threadId !== undefined && { threadId: cut(threadId, 256) }),
  };
}
