'use client';

import { useState, type ReactNode } from 'react';
import { CopyButton } from '@/components/copy-button';
import { Button } from '@/components/ui/button';
import { Dialog, DialogContent, DialogTitle } from '@/components/ui/dialog';
import { Field, FormError } from '@/components/ui/field';

interface FormDialogProps {
  title: string;
  /** The label of the submit button. */
  submit: string;
  isPending: boolean;
  isDisabled?: boolean;
  error: string | null;
  onSubmit: (form: FormData) => void;
  onClose: () => void;
  children: ReactNode;
}

export function FormDialog(props: FormDialogProps) {
  const { title, submit, isPending, isDisabled = false, error, onSubmit, onClose } = props;
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogContent className="max-h-[80dvh] w-[min(28rem,calc(100vw-1.5rem))] overflow-y-auto p-5">
        <form
          method="post"
          aria-label={title}
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit(new FormData(event.currentTarget));
          }}
        >
          <DialogTitle className="text-base font-semibold wrap-anywhere">{title}</DialogTitle>
          <FormError message={error} />
          {props.children}
          <div className="flex flex-wrap justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={isPending || isDisabled}>
              {isPending ? 'Please wait…' : submit}
            </Button>
          </div>
        </form>
      </DialogContent>
    </Dialog>
  );
}

interface ConfirmDialogProps {
  title: string;
  submit: string;
  /** The text to type before an irreversible action. */
  name?: string;
  isPending: boolean;
  error: string | null;
  onConfirm: () => void;
  onClose: () => void;
  /** The consequences of the action. */
  children: ReactNode;
}

export function ConfirmDialog({ name, onConfirm, children, ...props }: ConfirmDialogProps) {
  const [typed, setTyped] = useState('');
  return (
    <FormDialog
      {...props}
      isDisabled={name !== undefined && typed.trim() !== name}
      onSubmit={onConfirm}
    >
      <div className="text-sm wrap-anywhere text-ink-muted">{children}</div>
      {name === undefined ? null : (
        <Field
          label={`Type ${name} to confirm`}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
      )}
    </FormDialog>
  );
}

/** Shows a secret once. Only its button closes the dialog. */
export function SecretDialog({
  title,
  secret,
  label,
  onClose,
  children,
}: {
  title: string;
  secret: string;
  label: string;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <Dialog open>
      <DialogContent className="flex w-[min(32rem,calc(100vw-1.5rem))] flex-col gap-4 p-5">
        <DialogTitle className="text-base font-semibold wrap-anywhere">{title}</DialogTitle>
        <p className="text-sm text-ink-muted">{children}</p>
        <section aria-label={label} className="rounded-md bg-sunken p-3">
          <code className="text-mono break-all select-all">{secret}</code>
        </section>
        <div className="flex flex-wrap justify-end gap-2">
          <CopyButton text={secret} label={`Copy ${label}`} withLabel variant="outline" size="md" />
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </DialogContent>
    </Dialog>
  );
}
