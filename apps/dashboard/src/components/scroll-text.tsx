import { cn } from '@/lib/cn';

/** Text as it is, in a box that scrolls; with the focus on it the keyboard scrolls it too. */
export function ScrollText({
  label,
  text,
  className,
}: {
  label: string;
  text: string;
  className?: string;
}) {
  return (
    <section
      aria-label={label}
      // What scrolls and holds nothing focusable must take the focus itself (WCAG 2.1.1).
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className={cn('max-h-96 max-w-full overflow-auto rounded-md bg-sunken p-3', className)}
    >
      <pre dir="auto" className="text-mono">
        {text}
      </pre>
    </section>
  );
}
