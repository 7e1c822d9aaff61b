'use client';

import { CircleAlertIcon, RotateCwIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '@/lib/api-client';
import { CopyButton } from './copy-button';
import { Button } from './ui/button';

/** What went wrong, what to do about it, and the id under which the server logged it. */
export function ErrorState({
  error,
  title,
  onRetry,
  children,
}: {
  error: unknown;
  title: string;
  onRetry?: (() => void) | undefined;
  children?: ReactNode;
}) {
  const requestId = error instanceof ApiError ? error.requestId : null;
  const details = error instanceof ApiError ? error.details : [];
  return (
    <div
      role="alert"
      className="mx-auto flex w-full max-w-lg flex-col items-start gap-3 px-4 py-12"
    >
      <h2 className="flex items-center gap-2 font-semibold">
        <CircleAlertIcon aria-hidden className="size-4 shrink-0 text-failed" />
        {title}
      </h2>
      <p className="max-w-full wrap-anywhere text-ink-muted">{messageOf(error)}</p>
      {details.length > 0 ? (
        <ul className="max-w-full list-disc pl-5 text-sm wrap-anywhere text-ink-muted">
          {details.map((detail) => (
            <li key={`${detail.path} ${detail.code}`}>
              <code className="text-mono">{detail.path}</code>: {detail.code}
            </li>
          ))}
        </ul>
      ) : null}
      {children}
      <div className="flex flex-wrap items-center gap-3">
        {onRetry === undefined ? null : (
          <Button onClick={onRetry}>
            <RotateCwIcon aria-hidden />
            Try again
          </Button>
        )}
        {requestId === null ? null : (
          <span className="flex items-center gap-1 text-sm text-ink-muted">
            Request <code className="text-mono">{requestId}</code>
            <CopyButton text={requestId} label="Copy request id" />
          </span>
        )}
      </div>
    </div>
  );
}

export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="mx-auto flex w-full max-w-lg flex-col items-start gap-3 px-4 py-12">
      <h2 className="font-semibold">{title}</h2>
      <div className="text-ink-muted">{children}</div>
    </div>
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something unexpected happened in this page.';
}
