'use client';

import type { OutcomeMeaning, OutcomeMeanings } from '@xray/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowDownIcon, ArrowUpIcon } from 'lucide-react';
import { useState, type MouseEvent } from 'react';
import { flushSync } from 'react-dom';
import { SmallErrorState } from '@/components/states';
import { Button } from '@/components/ui/button';
import { Dialog, DialogContent, DialogTitle } from '@/components/ui/dialog';
import { FormError, inputClasses } from '@/components/ui/field';
import { VerdictLabel } from '@/components/verdict-mark';
import { cn } from '@/lib/cn';
import { Outcomes, outcomesQuery } from '@/lib/outcomes';
import { getPipelineOutcomes, putPipelineOutcomes } from '@/lib/outcomes-api';
import { draftOf, MAX_OUTCOMES, moveOutcome, PALETTE, type DraftOutcome } from './outcome-draft';

const MEANINGS: readonly OutcomeMeaning[] = ['good', 'bad', 'neutral'];

interface OutcomesDialogProps {
  app: string;
  pipeline: string;
  /** The outcomes of the shown executions, the most frequent first. */
  seen: readonly (string | null)[];
  onClose: () => void;
}

/** Sets the meaning, the order and the colour of a pipeline's outcomes. */
export function OutcomesDialog({ app, pipeline, seen, onClose }: OutcomesDialogProps) {
  const saved = useQuery({
    queryKey: ['pipeline-outcomes', app, pipeline],
    queryFn: ({ signal }) => getPipelineOutcomes(app, pipeline, signal),
    gcTime: 0,
    // A change of somebody else must not replace the form while it is filled in.
    staleTime: Infinity,
  });
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogContent className="flex max-h-[80dvh] w-[min(42rem,calc(100vw-1.5rem))] flex-col gap-4 overflow-y-auto p-5">
        <DialogTitle className="text-base font-semibold wrap-anywhere">
          Meaning of the outcomes of {pipeline}
        </DialogTitle>
        {saved.data !== undefined ? (
          <Editor app={app} pipeline={pipeline} saved={saved.data} seen={seen} onClose={onClose} />
        ) : saved.isError ? (
          <SmallErrorState
            error={saved.error}
            title="The outcomes could not be loaded"
            onRetry={() => void saved.refetch()}
          />
        ) : (
          <p aria-busy="true" className="text-sm text-ink-muted">
            Loading the outcomes…
          </p>
        )}
      </DialogContent>
    </Dialog>
  );
}

function Editor({
  app,
  pipeline,
  saved,
  seen,
  onClose,
}: OutcomesDialogProps & { saved: OutcomeMeanings }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(saved.outcomes, seen));
  /** For screen readers, after a move. */
  const [moved, setMoved] = useState('');
  const saving = useMutation({
    mutationFn: (outcomes: DraftOutcome[]) => putPipelineOutcomes(app, pipeline, { outcomes }),
    onSuccess: async () => {
      await client.invalidateQueries(outcomesQuery(app));
      onClose();
    },
  });
  const preview = new Outcomes({ items: [{ pipeline, outcomes: draft }] });
  const change = (outcome: string, part: Partial<DraftOutcome>) =>
    setDraft((old) => old.map((each) => (each.outcome === outcome ? { ...each, ...part } : each)));
  const move = (event: MouseEvent<HTMLButtonElement>, place: number, by: -1 | 1) => {
    const button = event.currentTarget;
    const next = moveOutcome(draft, place, by);
    // The browser drops the focus of a row that moves, so the button takes it back.
    flushSync(() => setDraft(next));
    button.focus();
    const to = Math.max(0, Math.min(draft.length - 1, place + by));
    setMoved(`${next[to]?.outcome ?? ''}: place ${to + 1} of ${next.length}`);
  };
  if (draft.length === 0) {
    return (
      <>
        <p className="text-sm text-ink-muted">
          No execution in this time range has an outcome. Choose a longer time range.
        </p>
        <Button className="self-end" onClick={onClose}>
          Close
        </Button>
      </>
    );
  }
  return (
    <form
      method="post"
      aria-label={`Meaning of the outcomes of ${pipeline}`}
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate(draft);
      }}
    >
      <p className="text-sm text-ink-muted">
        Lists and charts of the app show these outcomes in this order and in these colours.
        {draft.length === MAX_OUTCOMES ? ` At most ${MAX_OUTCOMES} outcomes have a meaning.` : ''}
      </p>
      <ul className="flex flex-col">
        {draft.map((each, place) => (
          <li
            key={each.outcome}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-1.5 text-sm"
          >
            <span className="flex shrink-0">
              <MoveButton
                label={`Move ${each.outcome} up`}
                isLast={place === 0}
                onClick={(event) => move(event, place, -1)}
                icon={ArrowUpIcon}
              />
              <MoveButton
                label={`Move ${each.outcome} down`}
                isLast={place === draft.length - 1}
                onClick={(event) => move(event, place, 1)}
                icon={ArrowDownIcon}
              />
            </span>
            <span className="min-w-24 flex-1">
              <VerdictLabel verdict={preview.verdict(pipeline, each.outcome)} />
            </span>
            <fieldset className="flex gap-3">
              <legend className="sr-only">Meaning of {each.outcome}</legend>
              {MEANINGS.map((meaning) => (
                <label key={meaning} className="flex items-center gap-1.5 max-md:min-h-10">
                  <input
                    type="radio"
                    name={`meaning ${each.outcome}`}
                    checked={each.meaning === meaning}
                    onChange={() => change(each.outcome, { meaning })}
                    className="size-4 accent-(--accent)"
                  />
                  {meaning}
                </label>
              ))}
            </fieldset>
            <select
              aria-label={`Colour of ${each.outcome}`}
              value={each.hue ?? ''}
              onChange={({ target }) =>
                change(each.outcome, { hue: target.value === '' ? null : Number(target.value) })
              }
              className={cn(inputClasses, 'w-auto')}
            >
              <option value="">Colour of the meaning</option>
              {PALETTE.map(({ name, hue }) => (
                <option key={hue} value={hue}>
                  {name}
                </option>
              ))}
              {each.hue === null || PALETTE.some(({ hue }) => hue === each.hue) ? null : (
                <option value={each.hue}>Hue {each.hue}°</option>
              )}
            </select>
          </li>
        ))}
      </ul>
      <output className="sr-only">{moved}</output>
      <FormError message={saving.error?.message ?? null} />
      <div className="flex flex-wrap justify-end gap-2">
        {saved.outcomes.length === 0 ? null : (
          <Button
            className="mr-auto"
            disabled={saving.isPending}
            title="Returns to the default meanings, colours and order"
            onClick={() => saving.mutate([])}
          >
            Remove all meanings
          </Button>
        )}
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={saving.isPending}>
          {saving.isPending ? 'Please wait…' : 'Save'}
        </Button>
      </div>
    </form>
  );
}

function MoveButton({
  label,
  isLast,
  onClick,
  icon: Icon,
}: {
  label: string;
  /** There is no place in this direction. The button stays, so that it keeps the focus. */
  isLast: boolean;
  onClick: (event: MouseEvent<HTMLButtonElement>) => void;
  icon: typeof ArrowUpIcon;
}) {
  return (
    <Button
      variant="ghost"
      size="iconSm"
      aria-label={label}
      title={label}
      aria-disabled={isLast}
      className={cn(isLast && 'opacity-40')}
      onClick={(event) => {
        if (!isLast) onClick(event);
      }}
    >
      <Icon aria-hidden />
    </Button>
  );
}
