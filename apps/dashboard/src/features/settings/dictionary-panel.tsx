'use client';

import type { App, Dictionary, StoredDictionary } from '@xray/core';
import { TERM_KINDS, type TermKind } from '@xray/core/terms';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { PlusIcon, Trash2Icon } from 'lucide-react';
import { useRef, useState } from 'react';
import { ErrorState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { FormError, inputClasses } from '@/components/ui/field';
import { dictionaryYamlUrl, importDictionary, putDictionary } from '@/lib/case-api';
import { cn } from '@/lib/cn';
import { dictionaryQuery } from '@/lib/dictionary';
import { Note, Panel, RowsSkeleton } from './panel';
import { Select } from './select';

const KINDS: Record<TermKind, string> = {
  pipelines: 'Pipelines',
  steps: 'Steps',
  rules: 'Rules',
  reasons: 'Reasons',
  outcomes: 'Outcomes',
  fields: 'Fields',
  units: 'Units',
};
type Part = TermKind | 'letters' | 'review';
const PARTS = [
  ...TERM_KINDS.map((value) => ({ value, label: KINDS[value] })),
  { value: 'letters', label: 'Letter template' },
  { value: 'review', label: 'How to have a decision reviewed' },
];
/** As in core, language.ts. */
const LANGUAGE = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

/** The app's words for its codes, and the texts of its letters. */
export function DictionaryPanel({ app }: { app: App }) {
  const stored = useQuery(dictionaryQuery(app.id));
  const mayEdit = app.role !== 'viewer';
  return (
    <Panel
      title="Dictionary"
      about="Names and descriptions that pages, explanations and letters show in place of codes. The code stays visible."
    >
      {stored.data !== undefined ? (
        <Editor key={stored.data.revision} app={app.id} stored={stored.data} mayEdit={mayEdit} />
      ) : stored.isError ? (
        <ErrorState
          error={stored.error}
          title="The dictionary could not be loaded"
          onRetry={() => void stored.refetch()}
        />
      ) : (
        <RowsSkeleton label="Loading the dictionary" />
      )}
    </Panel>
  );
}

function Editor({
  app,
  stored,
  mayEdit,
}: {
  app: string;
  stored: StoredDictionary;
  mayEdit: boolean;
}) {
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState(stored.dictionary);
  const [part, setPart] = useState<Part>('pipelines');
  const [language, setLanguage] = useState(stored.dictionary.language);
  const file = useRef<HTMLInputElement>(null);
  const done = (next: StoredDictionary) =>
    queryClient.setQueryData(dictionaryQuery(app).queryKey, next);
  const save = useMutation({
    mutationFn: () => putDictionary(app, withoutEmpty(draft), stored.revision),
    onSuccess: done,
  });
  const load = useMutation({
    mutationFn: async (chosen: File) => await importDictionary(app, await chosen.text()),
    onSuccess: done,
  });
  const isChanged = draft !== stored.dictionary;
  const isLanguage = LANGUAGE.test(language);
  const error = save.error ?? load.error;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <div className="flex flex-wrap items-end gap-3">
        <Select
          label="Names of"
          value={part}
          onChange={(event) => setPart(event.target.value as Part)}
          options={PARTS}
        />
        <label className="flex flex-col gap-1 text-sm font-medium">
          Language
          <input
            className={cn(inputClasses, 'max-w-28 font-normal')}
            aria-invalid={!isLanguage}
            value={language}
            maxLength={35}
            onChange={(event) => setLanguage(event.target.value.trim())}
          />
        </label>
        <div className="ml-auto flex flex-wrap gap-2">
          <Button asChild>
            <a href={dictionaryYamlUrl(app)} download={`${app}-dictionary.yaml`}>
              Export YAML
            </a>
          </Button>
          {mayEdit ? (
            <Button onClick={() => file.current?.click()} disabled={load.isPending || isChanged}>
              Import YAML
            </Button>
          ) : null}
          <input
            ref={file}
            type="file"
            accept=".yaml,.yml,.json"
            className="sr-only"
            tabIndex={-1}
            aria-label="A dictionary as YAML"
            onChange={(event) => {
              const [chosen] = event.target.files ?? [];
              if (chosen !== undefined) load.mutate(chosen);
              event.target.value = '';
            }}
          />
        </div>
      </div>
      {isLanguage ? (
        part === 'letters' || part === 'review' ? (
          <TextPart
            key={`${part} ${language}`}
            part={part}
            value={draft[part][language] ?? ''}
            readOnly={!mayEdit}
            onChange={(text) =>
              setDraft({ ...draft, [part]: { ...draft[part], [language]: text } })
            }
          />
        ) : (
          <TermRows
            key={part}
            terms={draft[part]}
            language={language}
            readOnly={!mayEdit}
            onChange={(terms) => setDraft({ ...draft, [part]: terms })}
          />
        )
      ) : (
        <Note>A language is a tag such as “de” or “de-AT”.</Note>
      )}
      <FormError message={error?.message ?? null} />
      {mayEdit ? (
        <div className="flex items-center gap-3">
          <Button type="submit" variant="primary" disabled={!isChanged || save.isPending}>
            {save.isPending ? 'Saving…' : 'Save'}
          </Button>
          {isChanged ? <span className="text-sm text-ink-muted">Not saved yet.</span> : null}
        </div>
      ) : (
        <Note>In this app you are a viewer. Editors change the dictionary.</Note>
      )}
    </form>
  );
}

type TermMap = Dictionary[TermKind];

function TermRows({
  terms,
  language,
  readOnly,
  onChange,
}: {
  terms: TermMap;
  language: string;
  readOnly: boolean;
  onChange: (terms: TermMap) => void;
}) {
  const [code, setCode] = useState('');
  const add = () => {
    const trimmed = code.trim();
    if (trimmed !== '' && !Object.hasOwn(terms, trimmed)) onChange({ ...terms, [trimmed]: {} });
    setCode('');
  };
  const change = (of: string, member: 'name' | 'description', text: string) =>
    onChange({
      ...terms,
      [of]: { ...terms[of], [member]: { ...terms[of]?.[member], [language]: text } },
    });
  return (
    <div className="flex flex-col gap-2">
      {Object.entries(terms).map(([of, { name, description }]) => (
        <div
          key={of}
          className="grid grid-cols-[1fr_auto] items-center gap-2 border-b border-line pb-2 md:grid-cols-[12rem_1fr_1.5fr_auto]"
        >
          <code className="min-w-0 text-mono wrap-anywhere">{of}</code>
          <input
            aria-label={`Name of ${of}`}
            placeholder="Name"
            className={cn(inputClasses, 'max-md:col-span-2 max-md:row-start-2')}
            value={name?.[language] ?? ''}
            readOnly={readOnly}
            maxLength={200}
            onChange={(event) => change(of, 'name', event.target.value)}
          />
          <input
            aria-label={`Description of ${of}`}
            placeholder="Description"
            className={cn(inputClasses, 'max-md:col-span-2 max-md:row-start-3')}
            value={description?.[language] ?? ''}
            readOnly={readOnly}
            maxLength={2_000}
            onChange={(event) => change(of, 'description', event.target.value)}
          />
          {readOnly ? null : (
            <Button
              size="icon"
              variant="ghost"
              aria-label={`Delete ${of}`}
              onClick={() => {
                const { [of]: _deleted, ...rest } = terms;
                onChange(rest);
              }}
            >
              <Trash2Icon aria-hidden />
            </Button>
          )}
        </div>
      ))}
      {Object.keys(terms).length === 0 ? (
        <Note>No names yet. Pages show the codes as they were recorded.</Note>
      ) : null}
      {readOnly ? null : (
        <div className="flex max-w-md gap-2">
          <input
            aria-label="Code to add"
            placeholder="A code, such as min_score"
            className={inputClasses}
            value={code}
            maxLength={256}
            onChange={(event) => setCode(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              event.preventDefault();
              add();
            }}
          />
          <Button onClick={add} disabled={code.trim() === ''}>
            <PlusIcon aria-hidden />
            Add
          </Button>
        </div>
      )}
    </div>
  );
}

function TextPart({
  part,
  value,
  readOnly,
  onChange,
}: {
  part: 'letters' | 'review';
  value: string;
  readOnly: boolean;
  onChange: (text: string) => void;
}) {
  return (
    <label className="flex flex-col gap-1 text-sm font-medium">
      {part === 'letters' ? 'Template in Markdown' : 'Text'}
      <textarea
        className={cn(inputClasses, 'h-auto font-normal', part === 'letters' && 'text-mono')}
        rows={part === 'letters' ? 18 : 4}
        value={value}
        readOnly={readOnly}
        maxLength={part === 'letters' ? 20_000 : 2_000}
        onChange={(event) => onChange(event.target.value)}
      />
      <span className="font-normal text-ink-muted">
        {part === 'letters'
          ? 'Fields are written as {{date}}. docs/letters.md lists them. While this is empty, letters use the built-in template.'
          : 'Letters end with it. While this is empty, they ask the reader to reply.'}
      </span>
    </label>
  );
}

/** The server stores no empty texts. */
function withoutEmpty(dictionary: Dictionary): Dictionary {
  const texts = (all: Record<string, string> | undefined) =>
    Object.fromEntries(Object.entries(all ?? {}).filter(([, text]) => text.trim() !== ''));
  const terms = (all: TermMap): TermMap =>
    Object.fromEntries(
      Object.entries(all).map(([code, { name, description }]) => [
        code,
        { name: texts(name), description: texts(description) },
      ]),
    );
  return {
    ...dictionary,
    ...Object.fromEntries(TERM_KINDS.map((kind) => [kind, terms(dictionary[kind])])),
    letters: texts(dictionary.letters),
    review: texts(dictionary.review),
  };
}
