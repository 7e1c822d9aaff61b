import type { Json } from '@xray/core';
import { CHOICE_EVENT, DETAILS_EVENT, INPUTS, MESSAGE_EVENTS, OUTPUTS } from './conventions.js';
import type { Attributes, Change, Telemetry } from './telemetry.js';
import { isObject, jsonOf } from './values.js';

/** Attributes with messages, payloads and texts of documents, beside those that give a step its input and output. */
const CONTENT = new RegExp(
  [
    String.raw`^llm\.(?:input_messages|output_messages|prompts|choices|prompt_template|tools)(?:\.|$)`,
    String.raw`^gen_ai\.(?:prompt|completion)(?:\.|$)`,
    String.raw`^gen_ai\.(?:system_instructions|tool\.definitions|tool\.description)$`,
    String.raw`\.document\.(?:content|metadata)$`,
    String.raw`^embedding\.(?:embeddings|text)`,
    String.raw`^ai\.(?:prompt|response\.(?:text|object|toolCalls|reasoning|files)|embeddings?|toolCall\.(?:args|result))`,
    String.raw`^(?:input|output)\.(?:images|audio)`,
    String.raw`^pydantic_ai\.|^(?:all_messages_events|request_data|response_data|tool_arguments|tool_response)$`,
  ].join('|'),
);
/** The choices of a decision model are the decision, not a payload. */
const DECISIONS = new Set(['ai.decision.answers']);
const PAYLOADS = new Set([...INPUTS, ...OUTPUTS].map(({ attribute }) => attribute));
/** Lists of documents keep their ids and scores. */
const DOCUMENTS = new Set(['gen_ai.retrieval.documents', 'ai.documents', 'ai.ranking']);
const TEXTS = new Set(['content', 'text', 'page_content', 'pageContent', 'document', 'metadata']);
const MESSAGES = new Set([...Object.keys(MESSAGE_EVENTS), CHOICE_EVENT]);
/** What an event about a call says beside its messages. */
const KEPT_OF_DETAILS =
  /^gen_ai\.(?:system|provider\.name|operation\.name|(?:request|response|usage)\.\w+)$/;

/** Removes inputs, outputs, messages and texts of documents, for apps that do not store content. */
export function dropContent(telemetry: Telemetry): void {
  const logs = telemetry.logs.filter(({ name }) => !MESSAGES.has(name));
  telemetry.ignored += telemetry.logs.length - logs.length;
  telemetry.logs = logs;
  for (const log of logs) {
    if (log.name !== DETAILS_EVENT) continue;
    log.attributes = detailsOf(log.attributes, log.changes);
    log.body = null;
  }
  for (const span of telemetry.spans) {
    span.attributes = without(span.attributes, isContent, span.changes);
    span.events = span.events.filter(({ name }) => {
      if (!MESSAGES.has(name)) return true;
      note(span.changes, name);
      return false;
    });
    for (const event of span.events) {
      if (event.name === DETAILS_EVENT)
        event.attributes = detailsOf(event.attributes, span.changes);
    }
  }
}

function isContent(name: string): boolean {
  return !DECISIONS.has(name) && (PAYLOADS.has(name) || CONTENT.test(name));
}

function detailsOf(attributes: Attributes, changes: Change[]): Attributes {
  return without(attributes, (name) => !KEPT_OF_DETAILS.test(name), changes);
}

function without(
  attributes: Attributes,
  isGone: (name: string) => boolean,
  changes: Change[],
): Attributes {
  const kept: [string, Json][] = [];
  let isSame = true;
  for (const [name, value] of Object.entries(attributes)) {
    const clean = isGone(name) ? undefined : DOCUMENTS.has(name) ? withoutTexts(value) : value;
    if (clean !== undefined) kept.push([name, clean]);
    if (clean === value) continue;
    isSame = false;
    note(changes, name);
  }
  return isSame ? attributes : Object.fromEntries(kept);
}

function withoutTexts(value: Json): Json | undefined {
  const list = jsonOf(value);
  if (!Array.isArray(list)) return undefined;
  return list.map((entry) => {
    // A list of texts has no ids to keep.
    const plain = jsonOf(entry);
    if (!isObject(plain)) return typeof plain === 'number' ? plain : null;
    return Object.fromEntries(
      Object.entries(plain as Attributes).filter(([name]) => !TEXTS.has(name)),
    );
  });
}

/** A flattened list is one change. */
function note(changes: Change[], name: string): void {
  const key = name.replace(/\.\d+\..*$/s, '');
  const isKnown = changes.some((change) => change.kind === 'redacted' && change.key === key);
  if (!isKnown && changes.length < 64) changes.push({ kind: 'redacted', key });
}
