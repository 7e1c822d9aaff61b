import { useId, type ComponentProps, type ReactNode } from 'react';
import { cn } from '@/lib/cn';

export const inputClasses =
  'h-9 w-full min-w-0 rounded-md border border-line-strong bg-panel px-2.5 text-sm text-ink placeholder:text-ink-faint [&[readonly]]:bg-sunken aria-invalid:border-failed max-md:h-10 max-md:text-base';

interface FieldProps extends ComponentProps<'input'> {
  label: string;
  hint?: ReactNode;
  /** The server's error for this field. */
  error?: string | undefined;
}

/** An input with its label above, and a hint or an error below. */
export function Field({ label, hint, error, className, ...input }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div className={cn('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        aria-invalid={error === undefined ? undefined : true}
        aria-describedby={note === undefined ? undefined : noteId}
        className={inputClasses}
        {...input}
      />
      {note === undefined ? null : (
        <div
          id={noteId}
          className={cn('text-xs', error === undefined ? 'text-ink-muted' : 'font-medium text-ink')}
        >
          {note}
        </div>
      )}
    </div>
  );
}

/** An error of the whole form. */
export function FormError({ message }: { message: string | null }) {
  if (message === null) return null;
  return (
    <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-sm wrap-anywhere text-ink">
      {message}
    </p>
  );
}

export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}
