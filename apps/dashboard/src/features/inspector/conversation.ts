import type { Json, Step } from '@xray/core';

/** A message of a prompt or of an answer. */
export interface Message {
  /** `system`, `user`, `assistant`, `tool`, or what was recorded. */
  role: string;
  /** The name of the tool or of the speaker. */
  name: string | null;
  parts: MessagePart[];
}

export type MessagePart =
  | { kind: 'text'; text: string }
  /** A call of a tool, or a value that is no text. */
  | { kind: 'value'; label: string; value: Json };

type JsonObject = { [key: string]: Json };

/**
 * The messages of a model's step, in the shapes of OpenAI, Anthropic, Gemini and the AI SDK. Empty where the step
 * recorded none of them.
 */
export function conversationOf({ input, output }: Pick<Step, 'input' | 'output'>): Message[] {
  const asked = [...systemOf(input), ...messagesOf(input)];
  const answered = answersOf(output);
  // Without a prompt, an output such as {role: 'admin', content: …} can be anything.
  return asked.length === 0 ? [] : [...asked, ...answered];
}

function messagesOf(value: Json | undefined): Message[] {
  const list = Array.isArray(value)
    ? value
    : isObject(value)
      ? [value['messages'], value['contents'], value['prompt'], value['input']].find(Array.isArray)
      : undefined;
  if (list === undefined) {
    const prompt = isObject(value) ? value['prompt'] : undefined;
    return typeof prompt === 'string' ? [textMessage('user', prompt)] : [];
  }
  const messages = list.map(messageOf);
  return messages.every((message) => message !== null) ? messages : [];
}

function systemOf(value: Json | undefined): Message[] {
  if (!isObject(value)) return [];
  const system = value['system'] ?? value['instructions'] ?? value['systemInstruction'];
  if (system === undefined) return [];
  const parts = isObject(system) ? partsOf(system['parts']) : partsOf(system);
  return parts.length === 0 ? [] : [{ role: 'system', name: null, parts }];
}

function answersOf(value: Json | undefined): Message[] {
  if (typeof value === 'string') return [textMessage('assistant', value)];
  if (!isObject(value)) return messagesOf(value);
  const { choices, candidates, message, content, text } = value;
  if (Array.isArray(choices)) {
    return choices.flatMap((choice) => (isObject(choice) ? answersOf(choice['message']) : []));
  }
  if (Array.isArray(candidates)) {
    return candidates.flatMap((each) => (isObject(each) ? answersOf(each['content']) : []));
  }
  if (isObject(message)) return answersOf(message);
  if (typeof text === 'string') return [textMessage('assistant', text)];
  const own = messageOf({ role: 'assistant', ...value });
  return own !== null &&
    (content !== undefined || value['parts'] !== undefined || own.parts.length > 0)
    ? [own]
    : [];
}

function messageOf(value: Json): Message | null {
  if (!isObject(value)) return null;
  const { role, content, parts, name } = value;
  if (typeof role !== 'string') return null;
  const calls = Array.isArray(value['tool_calls']) ? value['tool_calls'].flatMap(callOf) : [];
  return {
    role: role === 'model' ? 'assistant' : role,
    name: typeof name === 'string' ? name : null,
    parts: [...partsOf(content ?? parts), ...calls],
  };
}

function partsOf(value: Json | undefined): MessagePart[] {
  if (value === undefined || value === null || value === '') return [];
  if (typeof value === 'string') return [{ kind: 'text', text: value }];
  if (Array.isArray(value)) return value.flatMap(partOf);
  return [{ kind: 'value', label: 'content', value }];
}

function partOf(value: Json): MessagePart[] {
  if (typeof value === 'string') return partsOf(value);
  if (!isObject(value)) return [{ kind: 'value', label: 'content', value }];
  if (typeof value['text'] === 'string') return partsOf(value['text']);
  const label = typeof value['type'] === 'string' ? value['type'].replaceAll('_', ' ') : 'content';
  const name = typeof value['name'] === 'string' ? ` ${value['name']}` : '';
  return [{ kind: 'value', label: `${label}${name}`, value: value['input'] ?? value }];
}

function callOf(value: Json): MessagePart[] {
  if (!isObject(value)) return [];
  const called = isObject(value['function']) ? value['function'] : value;
  const name = typeof called['name'] === 'string' ? called['name'] : 'tool';
  return [{ kind: 'value', label: `calls ${name}`, value: called['arguments'] ?? value }];
}

function textMessage(role: string, text: string): Message {
  return { role, name: null, parts: partsOf(text) };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
