'use client';

import type { App, OtlpSettings } from '@xray/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { PlusIcon, XIcon } from 'lucide-react';
import { useId, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Field, FormError, inputClasses } from '@/components/ui/field';
import { previewOtlp, saveOtlp } from '@/lib/otlp-api';
import {
  emptyOutcome,
  fromOtlpDraft,
  toOtlpDraft,
  type OtlpDraft,
  type OutcomeDraft,
} from './otlp-draft';
import { OtlpPreviewList } from './otlp-preview';
import { Note, Panel } from './panel';
import { Select } from './select';
import { otlpQuery } from './settings-queries';

const TAKES = [
  { value: 'recognised', label: 'Traces of a known framework' },
  { value: 'all', label: 'All traces' },
];

/** How traces of an app are read: their outcome, pipeline and environment, and what is not stored. */
export function OtlpForm({ app, settings }: { app: App; settings: OtlpSettings }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<OtlpDraft>(() => toOtlpDraft(settings));
  const edited = fromOtlpDraft(draft);
  const isChanged = JSON.stringify(edited) !== JSON.stringify(fromOtlpDraft(toOtlpDraft(settings)));
  const previewing = useMutation({ mutationFn: () => previewOtlp(app.id, edited) });
  const saving = useMutation({
    mutationFn: () => saveOtlp(app.id, edited),
    onSuccess: (saved) => {
      setDraft(toOtlpDraft(saved.settings));
      client.setQueryData(otlpQuery(app.id).queryKey, saved);
    },
  });
  const isOwner = app.role === 'owner';
  const change = (values: Partial<OtlpDraft>): void => {
    previewing.reset();
    saving.reset();
    setDraft({ ...draft, ...values });
  };
  const changeRule = (key: string, values: Partial<OutcomeDraft>): void =>
    change({
      outcomes: draft.outcomes.map((rule) => (rule.key === key ? { ...rule, ...values } : rule)),
    });
  return (
    <Panel
      title="Reading traces"
      about="X-Ray finds the outcome, the pipeline and the environment of most traces by itself. Say here where your traces have them."
    >
      {isOwner ? null : <Note>Only owners can change these settings.</Note>}
      <form
        method="post"
        aria-label="Reading traces"
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <fieldset disabled={!isOwner} className="flex min-w-0 flex-col gap-4">
          <FormError message={previewing.error?.message ?? saving.error?.message ?? null} />
          <div className="grid gap-4 md:grid-cols-2">
            <Names
              label="Pipeline attributes"
              hint="One on each line. The first that a trace has names its pipeline."
              placeholder="loan.product"
              value={draft.pipeline}
              onChange={(pipeline) => change({ pipeline })}
            />
            <Names
              label="Environment attributes"
              hint="Of spans or of their resource."
              placeholder="k8s.namespace.name"
              value={draft.environment}
              onChange={(environment) => change({ environment })}
            />
            <Names
              label="Redacted attributes"
              hint="Replaced before anything is stored. * stands for any characters. Secrets are always redacted."
              placeholder="customer.*"
              value={draft.redact}
              onChange={(redact) => change({ redact })}
            />
            <div className="flex flex-col gap-3">
              <Select
                label="Store"
                value={draft.take}
                onChange={(event) =>
                  change({ take: event.target.value === 'all' ? 'all' : 'recognised' })
                }
                options={TAKES}
              />
              <label className="flex items-start gap-2 text-sm">
                <input
                  type="checkbox"
                  checked={draft.content}
                  className="mt-0.5 size-4 shrink-0 accent-accent"
                  onChange={(event) => change({ content: event.target.checked })}
                />
                <span>
                  Store content
                  <span className="block text-xs text-ink-muted">
                    Inputs, outputs, messages and texts of documents. Without it, models, tokens,
                    rules and scores stay.
                  </span>
                </span>
              </label>
            </div>
          </div>
          <OutcomeRules
            rules={draft.outcomes}
            onAdd={() =>
              change({ outcomes: [...draft.outcomes, emptyOutcome(crypto.randomUUID())] })
            }
            onChange={changeRule}
            onRemove={(key) =>
              change({ outcomes: draft.outcomes.filter((rule) => rule.key !== key) })
            }
          />
          <div className="flex flex-wrap gap-2">
            <Button
              disabled={previewing.isPending}
              onClick={(event) => {
                if (event.currentTarget.form?.reportValidity() === true) previewing.mutate();
              }}
            >
              {previewing.isPending ? 'Reading traces…' : 'Preview'}
            </Button>
            <Button
              type="submit"
              variant="primary"
              disabled={!isOwner || !isChanged || saving.isPending}
            >
              Save
            </Button>
            {saving.isSuccess ? (
              <output className="self-center text-sm text-ink-muted">
                Saved. Spans that arrive from now on are read this way.
              </output>
            ) : null}
          </div>
        </fieldset>
      </form>
      {previewing.data === undefined ? null : (
        <OtlpPreviewList app={app.id} preview={previewing.data} />
      )}
    </Panel>
  );
}

function Names({
  label,
  hint,
  placeholder,
  value,
  onChange,
}: {
  label: string;
  hint: string;
  placeholder: string;
  value: string;
  onChange: (text: string) => void;
}) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <textarea
        id={id}
        rows={2}
        value={value}
        placeholder={placeholder}
        aria-describedby={`${id}-hint`}
        autoCapitalize="none"
        spellCheck={false}
        className={`${inputClasses} text-mono h-auto py-1.5 max-md:h-auto`}
        onChange={(event) => onChange(event.target.value)}
      />
      <p id={`${id}-hint`} className="text-xs text-ink-muted">
        {hint}
      </p>
    </div>
  );
}

function OutcomeRules({
  rules,
  onAdd,
  onChange,
  onRemove,
}: {
  rules: OutcomeDraft[];
  onAdd: () => void;
  onChange: (key: string, values: Partial<OutcomeDraft>) => void;
  onRemove: (key: string) => void;
}) {
  return (
    <div className="flex flex-col gap-2">
      <h3 className="text-sm font-medium">Outcome rules</h3>
      <p className="text-xs text-ink-muted">
        The first rule that finds a value gives the outcome. A rule reads the output of the
        execution, or of the named step.
      </p>
      <ul className="flex flex-col gap-2">
        {rules.map((rule, index) => (
          <li
            key={rule.key}
            aria-label={`Outcome rule ${index + 1}`}
            className="grid grid-cols-1 items-end gap-x-3 gap-y-2 rounded-md border border-line px-3 py-2 sm:grid-cols-2 md:grid-cols-3"
          >
            <RuleField
              rule={rule}
              name="path"
              label="Path in the output"
              placeholder="result.verdict"
              required
              onChange={onChange}
            />
            <RuleField
              rule={rule}
              name="pipeline"
              label="Pipeline"
              placeholder="all"
              onChange={onChange}
            />
            <RuleField
              rule={rule}
              name="step"
              label="Step"
              placeholder="the execution"
              onChange={onChange}
            />
            <RuleField
              rule={rule}
              name="map"
              label="Outcomes by value"
              placeholder="N=declined, A=approved"
              onChange={onChange}
            />
            <RuleField
              rule={rule}
              name="adverse"
              label="Adverse outcomes"
              placeholder="declined"
              onChange={onChange}
            />
            <Button
              variant="ghost"
              aria-label={`Remove outcome rule ${index + 1}`}
              onClick={() => onRemove(rule.key)}
            >
              <XIcon aria-hidden /> Remove
            </Button>
          </li>
        ))}
      </ul>
      <div>
        <Button onClick={onAdd}>
          <PlusIcon aria-hidden /> Add a rule
        </Button>
      </div>
    </div>
  );
}

function RuleField({
  rule,
  name,
  label,
  placeholder,
  required = false,
  onChange,
}: {
  rule: OutcomeDraft;
  name: Exclude<keyof OutcomeDraft, 'key'>;
  label: string;
  placeholder: string;
  required?: boolean;
  onChange: (key: string, values: Partial<OutcomeDraft>) => void;
}) {
  return (
    <Field
      label={label}
      value={rule[name]}
      placeholder={placeholder}
      required={required}
      autoCapitalize="none"
      spellCheck={false}
      onChange={(event) => onChange(rule.key, { [name]: event.target.value })}
    />
  );
}
