import type { Mark, Step } from '@xray/core';
import { CopyButton } from '@/components/copy-button';
import { MarkBadge } from '@/components/json/mark-badge';
import { ScrollText } from '@/components/scroll-text';

export function ReasoningPanel({
  text,
  pointer,
  marks,
}: {
  text: string | null | undefined;
  pointer: string;
  marks: readonly Mark[];
}) {
  const ownMarks = marks.filter((mark) => mark.path === pointer);
  return (
    <div className="flex flex-col items-start gap-3 p-4">
      {text ? (
        <>
          <p
            dir="auto"
            className="max-w-prose wrap-anywhere whitespace-pre-wrap [unicode-bidi:plaintext]"
          >
            {text}
          </p>
          <CopyButton text={text} label="Copy reasoning" withLabel className="-ml-2" />
        </>
      ) : (
        <p className="text-sm text-ink-muted">No reasoning was recorded.</p>
      )}
      {ownMarks.map((mark) => (
        <MarkBadge key={`${mark.kind} ${mark.rule ?? ''}`} mark={mark} />
      ))}
    </div>
  );
}

export function ErrorPanel({ error }: { error: NonNullable<Step['error']> }) {
  const whole = [`${error.type}: ${error.message}`, error.stack ?? ''].join('\n').trim();
  return (
    <div className="flex flex-col items-start gap-3 p-4">
      <div className="w-full rounded-md bg-danger-soft px-3 py-2">
        <p className="font-medium wrap-anywhere">{error.type}</p>
        <p dir="auto" className="wrap-anywhere whitespace-pre-wrap [unicode-bidi:plaintext]">
          {error.message}
        </p>
      </div>
      {error.stack ? <ScrollText label="Stack" text={error.stack} /> : null}
      <CopyButton text={whole} label="Copy error" withLabel className="-ml-2" />
    </div>
  );
}
