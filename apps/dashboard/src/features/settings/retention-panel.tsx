'use client';

import type { RetentionPreview, RetentionRule } from '@xray/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { PlusIcon, XIcon } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { ErrorState } from '@/components/states';
import { RelativeTime } from '@/components/time';
import { Button } from '@/components/ui/button';
import { FormError, inputClasses } from '@/components/ui/field';
import { previewRetention, saveRetention } from '@/lib/data-api';
import { formatCount, plural } from '@/lib/format';
import { ConfirmDialog } from './form-dialog';
import { Note, Panel, RowsSkeleton } from './panel';
import { RetentionPreviewTable } from './retention-preview';
import { retentionQuery } from './settings-queries';
import { fromDraft, isSameRules, toDraft, type DraftRule } from './retention-draft';

export function RetentionPanel({ app }: { app: string }) {
  const retention = useQuery(retentionQuery(app));
  return (
    <Panel
      title="Retention"
      about="A rule deletes executions when the given number of days has passed since they were received. Without a rule they are kept forever."
    >
      {retention.isPending ? (
        <RowsSkeleton label="Loading the rules" />
      ) : retention.isError ? (
        <ErrorState
          error={retention.error}
          title="The rules could not be loaded"
          onRetry={() => void retention.refetch()}
        />
      ) : (
        <RulesForm key={retention.dataUpdatedAt} app={app} stored={retention.data.items} />
      )}
    </Panel>
  );
}

type StoredRule = RetentionRule & { deleted: number; lastDeletedAt: string | null };

/** Edits a copy of the rules. The preview of this copy comes before it is saved. */
function RulesForm({ app, stored }: { app: string; stored: StoredRule[] }) {
  const client = useQueryClient();
  const [rules, setRules] = useState<DraftRule[]>(() => stored.map(toDraft));
  const [confirmed, setConfirmed] = useState<RetentionPreview | null>(null);
  const edited = { items: rules.map(fromDraft) };
  const isChanged = !isSameRules(edited.items, stored);
  const previewing = useMutation({ mutationFn: () => previewRetention(app, edited) });
  const saving = useMutation({
    mutationFn: () => saveRetention(app, edited),
    onSuccess: async () => {
      setConfirmed(null);
      await client.invalidateQueries(retentionQuery(app));
    },
  });
  const change = (key: string, values: Partial<DraftRule>) => {
    previewing.reset();
    setRules(rules.map((rule) => (rule.key === key ? { ...rule, ...values } : rule)));
  };
  return (
    <form
      method="post"
      aria-label="Retention rules"
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        previewing.mutate(undefined, { onSuccess: setConfirmed });
      }}
    >
      <FormError message={previewing.error?.message ?? null} />
      {rules.length === 0 ? <Note>No rule: everything is kept forever.</Note> : null}
      <ul className="flex flex-col gap-2">
        {rules.map((rule) => (
          <RuleFields
            key={rule.key}
            rule={rule}
            stored={stored.find((each) => toDraft(each).key === rule.key)}
            onChange={(values) => change(rule.key, values)}
            onRemove={() => {
              previewing.reset();
              setRules(rules.filter((each) => each.key !== rule.key));
            }}
          />
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button
          onClick={() => {
            previewing.reset();
            setRules([
              ...rules,
              {
                key: crypto.randomUUID(),
                environment: '',
                pipeline: '',
                days: '365',
                legalHold: false,
              },
            ]);
          }}
        >
          <PlusIcon aria-hidden /> Add a rule
        </Button>
        <Button disabled={previewing.isPending} onClick={() => previewing.mutate()}>
          {previewing.isPending ? 'Counting…' : 'Preview'}
        </Button>
        {isChanged ? (
          <Button type="submit" variant="primary" disabled={previewing.isPending}>
            Save…
          </Button>
        ) : null}
      </div>
      {previewing.data === undefined ? null : <RetentionPreviewTable preview={previewing.data} />}
      {confirmed === null ? null : (
        <ConfirmDialog
          title="Save these rules?"
          submit="Save rules"
          {...(confirmed.goes.now > 0 && { name: app })}
          isPending={saving.isPending}
          error={saving.error?.message ?? null}
          onClose={() => setConfirmed(null)}
          onConfirm={() => saving.mutate()}
        >
          {confirmed.goes.now > 0
            ? `The next run, within two hours, deletes ${plural(confirmed.goes.now, 'execution')} of ${formatCount(confirmed.executions)}. This cannot be undone.`
            : 'The next run deletes nothing.'}
        </ConfirmDialog>
      )}
    </form>
  );
}

function RuleFields({
  rule,
  stored,
  onChange,
  onRemove,
}: {
  rule: DraftRule;
  stored: StoredRule | undefined;
  onChange: (values: Partial<DraftRule>) => void;
  onRemove: () => void;
}) {
  return (
    <li className="grid grid-cols-2 items-end gap-x-3 gap-y-2 rounded-md border border-line px-3 py-2 md:grid-cols-[1fr_1fr_7rem_auto_auto]">
      <Labelled label="Environment">
        <input
          value={rule.environment}
          maxLength={64}
          placeholder="all"
          autoCapitalize="none"
          spellCheck={false}
          className={inputClasses}
          onChange={(event) => onChange({ environment: event.target.value })}
        />
      </Labelled>
      <Labelled label="Pipeline">
        <input
          value={rule.pipeline}
          maxLength={128}
          placeholder="all"
          autoCapitalize="none"
          spellCheck={false}
          className={inputClasses}
          onChange={(event) => onChange({ pipeline: event.target.value })}
        />
      </Labelled>
      <Labelled label="Days">
        <input
          type="number"
          min={1}
          max={36_500}
          value={rule.days}
          placeholder="forever"
          className={inputClasses}
          onChange={(event) => onChange({ days: event.target.value })}
        />
      </Labelled>
      <label className="flex h-9 items-center gap-2 text-sm whitespace-nowrap">
        <input
          type="checkbox"
          checked={rule.legalHold}
          className="size-4 accent-accent"
          onChange={(event) => onChange({ legalHold: event.target.checked })}
        />
        Legal hold
      </label>
      <Button size="icon" variant="ghost" aria-label="Remove this rule" onClick={onRemove}>
        <XIcon aria-hidden />
      </Button>
      {stored === undefined || stored.lastDeletedAt === null ? null : (
        <p className="col-span-full text-xs text-ink-muted">
          Deleted {formatCount(stored.deleted)} so far, last{' '}
          <RelativeTime iso={stored.lastDeletedAt} />
        </p>
      )}
    </li>
  );
}

function Labelled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <label className="min-w-0">
      <span className="text-xs text-ink-muted">{label}</span>
      {children}
    </label>
  );
}
