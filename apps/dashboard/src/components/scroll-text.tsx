import { cn } from '@/lib/cn';

/** Plain text in a box that scrolls. The keyboard scrolls it too when it has the focus. */
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
      // A scrolling box without focusable content must be focusable itself (WCAG 2.1.1).
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
