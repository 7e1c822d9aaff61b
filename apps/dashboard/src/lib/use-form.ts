import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { formErrors } from './form-errors';

/**
 * The state of a form: props for the `<form>`, and the server's errors. Errors of fields are in `errors`, others
 * in `error`.
 *
 * @param names the fields whose texts `send` gets
 */
export function useForm<Name extends string, Result>(
  names: readonly Name[],
  send: (values: Record<Name, string>) => Promise<Result>,
  onDone?: (result: Result, element: HTMLFormElement) => void,
) {
  const sending = useMutation({
    mutationFn: (element: HTMLFormElement) => send(valuesOf(new FormData(element), names)),
    onSuccess: (result, element) => onDone?.(result, element),
  });
  const { fields, whole } = formErrors(sending.error, names);
  return {
    form: {
      // The browser never sends the form itself. If it did, POST keeps the values out of the address.
      method: 'post',
      onSubmit: (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        sending.mutate(event.currentTarget);
      },
    },
    errors: fields as Partial<Record<Name, string>>,
    error: whole,
    isPending: sending.isPending,
    isDone: sending.isSuccess,
  };
}

function valuesOf<Name extends string>(
  form: FormData,
  names: readonly Name[],
): Record<Name, string> {
  const values = names.map((name) => {
    const value = form.get(name);
    return [name, typeof value === 'string' ? value : ''];
  });
  return Object.fromEntries(values) as Record<Name, string>;
}
