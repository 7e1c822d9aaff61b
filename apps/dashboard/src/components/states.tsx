'use client';

import { CircleAlertIcon, RotateCwIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '@/lib/api-client';
import { cn } from '@/lib/cn';
import { isSignedOut } from '@/lib/session';
import { CopyButton } from './copy-button';
import { Button } from './ui/button';

/** Whether the server refused the question itself. A retry would be refused too. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && [400, 413, 422].includes(error.status);
}

/** Shows an error, a retry, and the request id of the server's log. */
export function ErrorState({
  error,
  title,
  heading: Heading = 'h2',
  className,
  onRetry,
  children,
}: {
  error: unknown;
  title: string;
  /** `h1` if the page shows nothing else. */
  heading?: 'h1' | 'h2';
  className?: string | undefined;
  onRetry?: (() => void) | undefined;
  children?: ReactNode;
}) {
  // The page is already moving to the sign-in page.
  if (isSignedOut(error)) {
    return <output className="px-4 py-12 text-center text-ink-muted">Sign in to see this.</output>;
  }
  const requestId = error instanceof ApiError ? error.requestId : null;
  const details = error instanceof ApiError ? error.details : [];
  return (
    <div
      role="alert"
      className={cn(
        'mx-auto flex w-full max-w-lg flex-col items-start gap-3 px-4 py-12',
        className,
      )}
    >
      <Heading className="flex items-center gap-2 font-semibold">
        <CircleAlertIcon aria-hidden className="size-4 shrink-0 text-failed" />
        {title}
      </Heading>
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
        {onRetry === undefined || isRefused(error) ? null : (
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

/** The same in a line or two, for a small part of a page. */
export function SmallErrorState({
  error,
  title,
  className,
  onRetry,
}: {
  error: unknown;
  title: string;
  className?: string | undefined;
  onRetry: () => void;
}) {
  const text = `${title}. ${messageOf(error)}`;
  return (
    <div
      role="alert"
      className={cn('flex min-w-0 flex-wrap items-center gap-2 text-sm', className)}
    >
      <span className="line-clamp-3 min-w-0 wrap-anywhere text-ink-muted" title={text}>
        {text}
      </span>
      {isRefused(error) ? null : (
        <Button size="sm" onClick={onRetry}>
          <RotateCwIcon aria-hidden />
          Try again
        </Button>
      )}
    </div>
  );
}

export function EmptyState({
  title,
  heading: Heading = 'h2',
  children,
}: {
  title: string;
  heading?: 'h1' | 'h2';
  children?: ReactNode;
}) {
  return (
    <div className="mx-auto flex w-full max-w-lg flex-col items-start gap-3 px-4 py-12">
      <Heading className="font-semibold">{title}</Heading>
      <div className="text-ink-muted">{children}</div>
    </div>
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'This page ran into an unexpected error.';
}
