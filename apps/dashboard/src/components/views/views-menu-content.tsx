'use client';

import type { SavedView, SavedViewList, ViewParams } from '@xray/core';
import { useMutation, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { GitCompareArrowsIcon, PencilIcon, Trash2Icon } from 'lucide-react';
import Link from 'next/link';
import { useState, type ReactElement } from 'react';
import { CopyButton } from '@/components/copy-button';
import { Button } from '@/components/ui/button';
import { FormError } from '@/components/ui/field';
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover';
import { cn } from '@/lib/cn';
import { filteredHref } from '@/lib/links';
import { appsQuery } from '@/lib/queries';
import { useForm } from '@/lib/use-form';
import { changeView, removeView, saveView } from '@/lib/views-api';
import { isGroupsView, viewHref, viewsQuery } from './saved-views';

/** The server's limit (MAX_VIEW_NAME_LENGTH in core's views.ts). */
const MAX_NAME_LENGTH = 80;
const FAILED = 'status:failed,timed_out';
const FIELD =
  'min-w-0 flex-1 rounded-md border border-line-strong bg-panel px-2 text-sm placeholder:text-ink-faint';

interface ViewsMenuContentProps {
  trigger: ReactElement;
  app: string;
  views: UseQueryResult<SavedViewList>;
  /** The current view's parameters. */
  current: ViewParams;
  /** The id of the saved view that is shown. */
  shownId: string | undefined;
}

export function ViewsMenuContent({ trigger, app, views, current, shownId }: ViewsMenuContentProps) {
  const [open, setOpen] = useState(true);
  /** The id of the view that is renamed. */
  const [renamed, setRenamed] = useState<string | null>(null);
  const apps = useQuery(appsQuery);
  const role = apps.data?.items.find(({ id }) => id === app)?.role;
  const mayShare = role === 'editor' || role === 'owner';
  const items = views.data?.items ?? [];
  const list = (heading: string, found: readonly SavedView[], changeable: boolean) =>
    found.length === 0 ? null : (
      <ViewList
        app={app}
        heading={heading}
        views={found}
        shownId={shownId}
        changeable={changeable}
        renamed={renamed}
        onRenamed={setRenamed}
        onClose={() => setOpen(false)}
      />
    );
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>{trigger}</PopoverTrigger>
      <PopoverContent
        align="end"
        aria-label="Saved views"
        onEscapeKeyDown={(event) => {
          if (renamed === null) return;
          event.preventDefault();
          setRenamed(null);
        }}
        className="w-[min(24rem,calc(100vw-1rem))] p-1"
      >
        <div className="max-h-[50dvh] overflow-y-auto">
          {views.isPending ? (
            <p className="px-2 py-2 text-sm text-ink-muted">Loading the views…</p>
          ) : views.isError ? (
            <p className="px-2 py-2 text-sm text-ink-muted">The views could not be loaded.</p>
          ) : items.length === 0 ? (
            <p className="px-2 py-2 text-sm text-ink-muted">
              {isGroupsView(current)
                ? 'No views yet. A view saves the filters and the time ranges of both groups.'
                : 'No views yet. A view saves the filter, the time range, the order and the columns.'}
            </p>
          ) : null}
          <Link
            href={filteredHref(app, FAILED, { from: '-1h', to: null })}
            onClick={() => setOpen(false)}
            className="flex h-8 items-center rounded px-2 text-sm hover:bg-hover max-md:h-10"
          >
            Failed in the last hour
          </Link>
          {list(
            'Only mine',
            items.filter(({ isShared }) => !isShared),
            true,
          )}
          {list(
            `Shared in ${app}`,
            items.filter(({ isShared }) => isShared),
            mayShare,
          )}
        </div>
        <SaveForm app={app} current={current} items={items} mayShare={mayShare} />
      </PopoverContent>
    </Popover>
  );
}

function ViewList({
  app,
  heading,
  views,
  shownId,
  changeable,
  renamed,
  onRenamed,
  onClose,
}: {
  app: string;
  heading: string;
  views: readonly SavedView[];
  shownId: string | undefined;
  changeable: boolean;
  renamed: string | null;
  onRenamed: (id: string | null) => void;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const removing = useMutation({
    mutationFn: (id: string) => removeView(app, id),
    onSettled: () => client.invalidateQueries(viewsQuery(app)),
  });
  return (
    <section aria-label={heading}>
      <h3 className="truncate px-2 pt-1.5 pb-0.5 text-xs text-ink-muted">{heading}</h3>
      <ul>
        {views.map((view) =>
          view.id === renamed ? (
            <li key={view.id}>
              <RenameForm app={app} view={view} onDone={() => onRenamed(null)} />
            </li>
          ) : (
            <li key={view.id} className="flex h-8 items-center rounded hover:bg-hover">
              <Link
                href={viewHref(app, view.params)}
                aria-current={view.id === shownId ? 'true' : undefined}
                title={view.isShared ? `${view.name}, saved by ${view.savedBy}` : view.name}
                onClick={onClose}
                className={cn(
                  'flex min-w-0 flex-1 items-center gap-1.5 px-2 text-sm',
                  view.id === shownId && 'font-medium',
                )}
              >
                <span className="truncate">{view.name}</span>
                {isGroupsView(view.params) ? (
                  <>
                    <GitCompareArrowsIcon
                      aria-hidden
                      className="size-3.5 shrink-0 text-ink-faint"
                    />
                    <span className="sr-only"> (two groups)</span>
                  </>
                ) : null}
              </Link>
              <CopyButton
                text={() => new URL(viewHref(app, view.params), location.href).href}
                label={`Copy the link to ${view.name}`}
              />
              {changeable ? (
                <>
                  <Button
                    variant="ghost"
                    size="iconSm"
                    aria-label={`Rename ${view.name}`}
                    title={view.isShared ? 'Rename for everyone' : 'Rename'}
                    onClick={() => onRenamed(view.id)}
                  >
                    <PencilIcon aria-hidden />
                  </Button>
                  <Button
                    variant="ghost"
                    size="iconSm"
                    aria-label={`Delete ${view.name}`}
                    title={view.isShared ? 'Delete for everyone' : 'Delete'}
                    disabled={removing.isPending}
                    onClick={() => removing.mutate(view.id)}
                  >
                    <Trash2Icon aria-hidden />
                  </Button>
                </>
              ) : null}
            </li>
          ),
        )}
      </ul>
      {removing.isError ? <FormError message={removing.error.message} /> : null}
    </section>
  );
}

/** Replaces the view's row. Enter renames, Escape cancels. */
function RenameForm({ app, view, onDone }: { app: string; view: SavedView; onDone: () => void }) {
  const client = useQueryClient();
  const { form, errors, error, isPending } = useForm(
    ['name'],
    ({ name }) => changeView(app, view.id, { name }),
    async () => {
      await client.invalidateQueries(viewsQuery(app));
      onDone();
    },
  );
  const message = errors.name ?? error;
  return (
    <form {...form} aria-label={`Rename ${view.name}`} className="flex flex-col gap-1 py-0.5">
      <div className="flex items-center gap-1">
        <input
          name="name"
          required
          maxLength={MAX_NAME_LENGTH}
          aria-label={`New name of ${view.name}`}
          aria-invalid={message === null ? undefined : true}
          autoComplete="off"
          defaultValue={view.name}
          ref={selectOnce}
          className={cn(FIELD, 'h-7')}
        />
        <Button type="submit" variant="primary" size="sm" disabled={isPending}>
          Rename
        </Button>
        <Button size="sm" onClick={onDone}>
          Cancel
        </Button>
      </div>
      <FormError message={message} />
    </form>
  );
}

/** The field replaces the pressed button, so it takes the focus. */
function selectOnce(field: HTMLInputElement | null): void {
  field?.select();
}

function SaveForm({
  app,
  current,
  items,
  mayShare,
}: {
  app: string;
  current: ViewParams;
  items: readonly SavedView[];
  mayShare: boolean;
}) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [isShared, setShared] = useState(false);
  const { form, errors, error, isPending } = useForm(
    ['name'],
    (values) => saveView(app, { name: values.name, params: current, isShared }),
    async () => {
      setName('');
      setShared(false);
      await client.invalidateQueries(viewsQuery(app));
    },
  );
  const isKnown = items.some((view) => view.name === name.trim() && view.isShared === isShared);
  return (
    <form {...form} className="mt-1 flex flex-col gap-2 border-t border-line p-2">
      <div className="flex gap-2">
        <input
          name="name"
          required
          maxLength={MAX_NAME_LENGTH}
          aria-label="Name of this view"
          aria-invalid={errors.name === undefined ? undefined : true}
          placeholder="Name of this view"
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
          className={cn(FIELD, 'h-8')}
        />
        <Button type="submit" variant="primary" disabled={isPending}>
          {isKnown ? 'Replace' : 'Save'}
        </Button>
      </div>
      {mayShare ? (
        <label className="flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            checked={isShared}
            onChange={(event) => setShared(event.target.checked)}
            className="size-4 accent-(--accent)"
          />
          <span className="min-w-0">Share it: everyone in {app} sees its name and its filter</span>
        </label>
      ) : null}
      <FormError message={errors.name ?? error} />
    </form>
  );
}
