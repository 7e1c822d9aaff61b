'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useQueryStates } from 'nuqs';
import { useState } from 'react';
import { questionRange, chosenRange } from '@/components/time-range/question-range';
import { RangeMenu } from '@/components/time-range/range-menu';
import { EmptyState, ErrorState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { Field, inputClasses, textOf } from '@/components/ui/field';
import { Skeleton } from '@/components/ui/skeleton';
import { FairnessAnswer } from './fairness-answer';
import { fairnessQuery, joinGroups, type GroupsFile } from './fairness-query';
import { fairnessParams } from './search-params';

/** Whether a favourable outcome is as frequent in each group. */
export function FairnessPage({ app }: { app: string }) {
  const [{ by, fq, favourable, within, from, to }, setParams] = useQueryStates(fairnessParams, {
    history: 'push',
  });
  const [source, setSource] = useState<'attribute' | 'file'>('attribute');
  const question = { q: fq, outcome: favourable, within, from, to };
  const asked = useQuery({ ...fairnessQuery(app, by ?? '', question) });
  const joined = useMutation({
    mutationFn: (sent: { question: typeof question; groups: GroupsFile }) =>
      joinGroups(app, sent.question, sent.groups),
  });
  const ask = (form: FormData) => {
    const next = {
      q: textOf(form, 'q').trim(),
      outcome: textOf(form, 'outcome').trim(),
      within: textOf(form, 'within').replaceAll(/\s/g, ''),
      from,
      to,
    };
    const params = { fq: next.q, favourable: next.outcome, within: next.within };
    if (source === 'attribute') {
      joined.reset();
      void setParams({ ...params, by: textOf(form, 'by').trim() });
      return;
    }
    void setParams({ ...params, by: '' });
    const file = form.get('file');
    const key = textOf(form, 'key') === 'execution' ? 'execution' : 'subject';
    if (file instanceof File) joined.mutate({ question: next, groups: { file, key } });
  };
  const answer = source === 'file' ? joined : asked;
  const isAsked = source === 'file' ? !joined.isIdle : by !== null && by !== '';
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <form
        key={`${by} ${fq} ${favourable} ${within}`}
        method="post"
        aria-label="Fairness"
        className="grid gap-3 border-b border-line px-4 py-3 md:grid-cols-2 lg:grid-cols-4 print:hidden"
        onSubmit={(event) => {
          event.preventDefault();
          ask(new FormData(event.currentTarget));
        }}
      >
        <label className="flex min-w-0 flex-col gap-1">
          <span className="text-sm font-medium">Groups from</span>
          <select
            value={source}
            className={inputClasses}
            onChange={(event) => setSource(event.target.value === 'file' ? 'file' : 'attribute')}
          >
            <option value="attribute">an attribute of the record</option>
            <option value="file">a file that is not stored</option>
          </select>
        </label>
        {source === 'attribute' ? (
          <Field
            label="Attribute"
            name="by"
            required
            defaultValue={by ?? ''}
            placeholder="metadata.region"
            autoCapitalize="none"
            spellCheck={false}
            hint="env, pipeline, version.NAME or metadata.NAME"
          />
        ) : (
          <>
            <Field
              label="File"
              name="file"
              type="file"
              required
              accept=".csv,.json,text/csv,application/json"
              className="[&_input]:py-1"
              hint="CSV with id,group or JSON. The server joins it in memory and keeps nothing."
            />
            <label className="flex min-w-0 flex-col gap-1">
              <span className="text-sm font-medium">Its ids are</span>
              <select name="key" className={inputClasses}>
                <option value="subject">subjects</option>
                <option value="execution">executions</option>
              </select>
            </label>
          </>
        )}
        <Field
          label="Favourable outcome"
          name="outcome"
          defaultValue={favourable}
          maxLength={64}
          placeholder="every decision that is not adverse"
          autoCapitalize="none"
          spellCheck={false}
        />
        <Field
          label="Within equal"
          name="within"
          defaultValue={within}
          placeholder="metadata.score_band"
          autoCapitalize="none"
          spellCheck={false}
          hint="Legitimate factors, at most 3, separated by commas"
        />
        <Field
          label="Filter"
          name="q"
          defaultValue={fq}
          placeholder="pipeline:loan-approval env:prod"
          autoCapitalize="none"
          spellCheck={false}
        />
        <div className="flex flex-wrap items-end gap-2">
          <RangeMenu
            value={questionRange({ from, to })}
            onChange={(range) => void setParams(chosenRange(range))}
          />
          <Button type="submit" variant="primary" disabled={isAsked && answer.isPending}>
            Compare
          </Button>
        </div>
      </form>
      {!isAsked ? (
        <EmptyState title="Do groups get a favourable outcome equally often?">
          Name the attribute that forms the groups, such as <code>metadata.region</code>. Or give a
          file that names a group for each person. The answer has rates with intervals and the
          adverse impact ratio, also among people with equal legitimate factors.
        </EmptyState>
      ) : answer.isPending ? (
        <section aria-busy="true" aria-label="Comparing the groups" className="p-4">
          <Skeleton className="h-40" />
        </section>
      ) : answer.isError ? (
        <ErrorState error={answer.error} title="The groups could not be compared" />
      ) : answer.data === undefined ? null : (
        <FairnessAnswer answer={answer.data} />
      )}
    </div>
  );
}
