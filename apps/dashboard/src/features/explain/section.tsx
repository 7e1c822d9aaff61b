import type { ReactNode } from 'react';

/** A titled part of the explanation. Print keeps it on one page. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-1.5 print:break-inside-avoid">
      <h3 className="text-xs font-semibold text-ink-muted">{title}</h3>
      {children}
    </section>
  );
}
