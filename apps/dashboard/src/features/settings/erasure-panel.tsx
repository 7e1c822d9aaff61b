'use client';

import type { ErasureCount, ErasureReceipt } from '@xray/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Field, FormError, textOf } from '@/components/ui/field';
import { countErasable, erase, type Erasable } from '@/lib/data-api';
import { formErrors } from '@/lib/form-errors';
import { formatBytes, formatCount, plural } from '@/lib/format';
import { ConfirmDialog } from './form-dialog';
import { Note, Panel } from './panel';
import { ReceiptCard } from './receipts-panel';
import { Select } from './select';
import { receiptsQuery, retentionQuery } from './settings-queries';

const REASONS = [
  'Request of the person',
  'Recorded by mistake',
  'Test data',
  'Retention ended early',
];
const KINDS = [
  { value: 'subject', label: 'All executions about a person or thing' },
  { value: 'execution', label: 'One execution' },
];

interface Counted {
  what: Erasable;
  reason: string;
  left: ErasureCount;
  held: number;
}

/** Counts first, asks for the id again, then erases and shows the receipt. */
export function ErasurePanel({ app }: { app: string }) {
  const client = useQueryClient();
  const [kind, setKind] = useState('subject');
  const [counted, setCounted] = useState<Counted | null>(null);
  const [receipt, setReceipt] = useState<ErasureReceipt | null>(null);
  const counting = useMutation({
    mutationFn: async (form: FormData): Promise<Counted> => {
      const what = whatOf(form, kind);
      return { what, reason: textOf(form, 'reason'), ...(await countErasable(app, what)) };
    },
    onSuccess: setCounted,
  });
  const erasing = useMutation({
    mutationFn: async ({ what, reason }: Counted) => await erase(app, what, reason),
    onSuccess: async (result) => {
      setCounted(null);
      counting.reset();
      setReceipt(result.receipt);
      // Every page may show what is gone now.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey.includes(app) });
      await client.invalidateQueries(receiptsQuery(app));
      await client.invalidateQueries(retentionQuery(app));
    },
  });
  const { fields, whole } = formErrors(counting.error, ['type', 'id', 'executionId', 'reason']);
  const isEmpty = counted !== null && counted.left.executions === 0;
  return (
    <Panel
      title="Erase"
      about="Erases whole executions and every trace of them. An executed erasure cannot be undone."
    >
      <form
        method="post"
        aria-label="Erase"
        className="flex flex-col gap-3 rounded-md border border-line p-3"
        onSubmit={(event) => {
          event.preventDefault();
          setReceipt(null);
          counting.mutate(new FormData(event.currentTarget));
        }}
      >
        <FormError message={whole} />
        <div className="grid gap-3 md:grid-cols-2">
          <Select
            label="What"
            value={kind}
            onChange={(event) => {
              setKind(event.target.value);
              setCounted(null);
              counting.reset();
            }}
            options={KINDS}
          />
          <Select
            label="Why"
            name="reason"
            options={REASONS.map((reason) => ({ value: reason, label: reason }))}
          />
          {kind === 'subject' ? (
            <>
              <Field
                label="Type"
                name="type"
                required
                maxLength={128}
                placeholder="applicant"
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                error={fields['type']}
              />
              <Field
                label="Id"
                name="id"
                required
                maxLength={256}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                hint="Also finds executions in which this person was a candidate."
                error={fields['id']}
              />
            </>
          ) : (
            <Field
              label="Execution id"
              name="id"
              required
              maxLength={128}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              error={fields['executionId']}
            />
          )}
        </div>
        <Button
          type="submit"
          className="self-start"
          disabled={counting.isPending || erasing.isPending}
        >
          {counting.isPending ? 'Counting…' : 'Count what would go'}
        </Button>
        {isEmpty ? (
          <output className="text-sm">
            {counted.held > 0
              ? `A legal hold protects ${plural(counted.held, 'execution')}. Nothing can be erased before the hold ends.`
              : 'No executions found. Check the type and the id: both must match exactly.'}
          </output>
        ) : null}
      </form>
      {receipt === null ? null : (
        <output className="flex flex-col gap-2">
          <Note>Erased. The receipt is kept below; it does not hold the id.</Note>
          <ReceiptCard app={app} receipt={receipt} />
        </output>
      )}
      {erasing.data !== undefined && erasing.data.left > 0 ? (
        <FormError
          message={`${plural(erasing.data.left, 'execution')} arrived or changed meanwhile and remain. Erase again.`}
        />
      ) : null}
      {counted !== null && !isEmpty ? (
        <ConfirmDialog
          title={`Erase ${plural(counted.left.executions, 'execution')}?`}
          submit="Erase"
          name={idOf(counted.what)}
          isPending={erasing.isPending}
          error={erasing.error?.message ?? null}
          onClose={() => {
            setCounted(null);
            erasing.reset();
          }}
          onConfirm={() => erasing.mutate(counted)}
        >
          {formatCount(counted.left.executions)} executions with {formatCount(counted.left.steps)}{' '}
          steps ({formatBytes(counted.left.bytes)}) will be gone for good. Each address will say
          that its execution was erased, when and why.
          {counted.held > 0
            ? ` A legal hold protects ${plural(counted.held, 'other execution')}, so the server will refuse.`
            : ''}
        </ConfirmDialog>
      ) : null}
    </Panel>
  );
}

function whatOf(form: FormData, kind: string): Erasable {
  const id = textOf(form, 'id').trim();
  if (kind === 'execution') return { kind: 'execution', executionId: id };
  return { kind: 'subject', type: textOf(form, 'type').trim(), id };
}

function idOf(what: Erasable): string {
  return what.kind === 'execution' ? what.executionId : what.id;
}
