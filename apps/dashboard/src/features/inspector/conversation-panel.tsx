'use client';

import { stringifyJson } from '@xray/core/exact-json';
import dynamic from 'next/dynamic';
import { CopyButton } from '@/components/copy-button';
import { Button } from '@/components/ui/button';
import { Skeleton } from '@/components/ui/skeleton';
import { cn } from '@/lib/cn';
import { store, useStored } from '@/lib/preferences';
import type { Message, MessagePart } from './conversation';

const MarkdownText = dynamic(async () => (await import('./markdown-text')).MarkdownText, {
  loading: () => <Skeleton className="h-4 w-2/3" />,
});
const PLAIN_KEY = 'conversation-plain';
const WRAP_KEY = 'conversation-wrap';
const ROLE_TONES: Record<string, string> = {
  system: 'border-line-strong',
  user: 'border-accent',
  assistant: 'border-ink-muted',
};

/** A prompt and its answer as messages with their roles. */
export function ConversationPanel({ messages }: { messages: readonly Message[] }) {
  const isPlain = useStored(PLAIN_KEY) === 'on';
  const isWrapped = useStored(WRAP_KEY) !== 'off';
  return (
    <div className="flex flex-col gap-3 p-4">
      <div className="flex flex-wrap gap-2">
        <Button
          size="sm"
          aria-pressed={!isPlain}
          onClick={() => store(PLAIN_KEY, isPlain ? 'off' : 'on')}
        >
          Markdown
        </Button>
        <Button
          size="sm"
          aria-pressed={isWrapped}
          onClick={() => store(WRAP_KEY, isWrapped ? 'off' : 'on')}
        >
          Wrap lines
        </Button>
      </div>
      <ol className="flex flex-col gap-3">
        {messages.map((message, index) => (
          // The order of messages never changes.
          // oxlint-disable-next-line react/no-array-index-key
          <li
            key={index}
            className={cn('border-l-2 pl-3', ROLE_TONES[message.role] ?? 'border-line')}
          >
            <div className="flex items-center gap-2 text-xs text-ink-muted">
              <span className="font-medium">
                {message.role}
                {message.name === null ? '' : ` · ${message.name}`}
              </span>
              <CopyButton text={textOf(message)} label={`Copy this ${message.role} message`} />
            </div>
            {message.parts.map((part, place) => (
              // oxlint-disable-next-line react/no-array-index-key
              <Part key={place} part={part} isPlain={isPlain} isWrapped={isWrapped} />
            ))}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Part({
  part,
  isPlain,
  isWrapped,
}: {
  part: MessagePart;
  isPlain: boolean;
  isWrapped: boolean;
}) {
  if (part.kind === 'text' && !isPlain) return <MarkdownText text={part.text} />;
  const text = part.kind === 'text' ? part.text : valueText(part.value);
  return (
    <div>
      {part.kind === 'value' ? <p className="text-xs text-ink-muted">{part.label}</p> : null}
      <pre
        dir="auto"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={isWrapped ? undefined : 0}
        className={cn(
          'text-mono [unicode-bidi:plaintext]',
          part.kind === 'value' && 'rounded bg-sunken p-2',
          isWrapped ? 'wrap-anywhere whitespace-pre-wrap' : 'overflow-x-auto whitespace-pre',
        )}
      >
        {text}
      </pre>
    </div>
  );
}

function valueText(value: Extract<MessagePart, { kind: 'value' }>['value']): string {
  return typeof value === 'string' ? value : (stringifyJson(value, undefined, 2) ?? '');
}

function textOf({ parts }: Message): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : valueText(part.value))).join('\n');
}
