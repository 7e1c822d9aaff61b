'use client';

import type { ReactNode } from 'react';
import { Logo } from '@/components/frame/logo';
import { cn } from '@/lib/cn';

/** The card of a sign-in page. */
export function Door({
  title,
  isBare = false,
  children,
}: {
  title: string;
  /** Without a card, for a form that has its own. */
  isBare?: boolean;
  children: ReactNode;
}) {
  return (
    <main id="page" className="flex min-h-dvh flex-col items-center px-4 pt-[12dvh] pb-8">
      <div className="flex w-full max-w-sm flex-col gap-5">
        <p className="flex items-center gap-2 font-semibold">
          <Logo />
          X-Ray
        </p>
        <section
          aria-labelledby="door-title"
          className={cn(
            'flex flex-col gap-4',
            isBare ? 'items-center' : 'rounded-md border border-line bg-panel p-5',
          )}
        >
          <h1 id="door-title" className={isBare ? 'sr-only' : 'text-lg leading-6 font-semibold'}>
            {title}
          </h1>
          {children}
        </section>
      </div>
    </main>
  );
}

/** A paragraph of the card. */
export function Say({ children }: { children: ReactNode }) {
  return <p className="text-sm wrap-anywhere text-ink-muted">{children}</p>;
}

export function Waiting({ children }: { children: ReactNode }) {
  return <output className="text-sm text-ink-muted">{children}</output>;
}
