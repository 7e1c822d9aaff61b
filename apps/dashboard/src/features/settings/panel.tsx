import type { ReactNode } from 'react';
import { Skeleton } from '@/components/ui/skeleton';

/** A settings panel: title, action and content. */
export function Panel({
  title,
  about,
  action,
  children,
}: {
  title: string;
  about?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section aria-label={title} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h2 className="font-semibold">{title}</h2>
          {about === undefined ? null : <p className="text-sm text-ink-muted">{about}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}

export function RowsSkeleton({ label, rows = 3 }: { label: string; rows?: number }) {
  return (
    <section aria-label={label} aria-busy="true" className="flex flex-col gap-2">
      {Array.from({ length: rows }, (_, each) => (
        <Skeleton key={each} className="h-12" />
      ))}
    </section>
  );
}

/** A note in an empty or hidden panel. */
export function Note({ children }: { children: ReactNode }) {
  return (
    <p className="rounded-md border border-line bg-sunken px-3 py-2 text-sm wrap-anywhere text-ink-muted">
      {children}
    </p>
  );
}
