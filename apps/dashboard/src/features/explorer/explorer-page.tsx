'use client';

import { parseQuery } from '@xray/core/query';
import { ListFilterIcon, RotateCwIcon } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { lazy, Suspense, useCallback, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { AppGate } from '@/components/app-gate';
import { Boundary } from '@/components/boundary';
import { RangeMenu } from '@/components/time-range/range-menu';
import { Button, ICON_ON_PHONE } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { useMediaQuery } from '@/lib/browser-state';
import { store, useStored } from '@/lib/preferences';
import { ColumnMenu } from './column-menu';
import { parseWidths, printWidths, type ColumnWidths } from './column-layout';
import { DEFAULT_COLUMNS, type ColumnId } from './columns';
import { ExecutionsList } from './executions-list';
import { ExportButton } from './export-button';
import { ExplorerSkeleton } from './explorer-skeleton';
import { FilterBar } from './filter-bar';
import { searchesWords } from '@/components/filter/filter-terms';
import { ViewsMenu } from '@/components/views/views-menu';
import { listKey } from './list-query';
import { LiveButton } from './live-button';
import { explorerParams } from './search-params';
import { useLiveRows } from './use-live-rows';

const Histogram = lazy(async () => ({ default: (await import('./histogram')).Histogram }));
const FacetPanel = lazy(async () => ({ default: (await import('./facet-panel')).FacetPanel }));
const Sheet = lazy(async () => ({ default: (await import('@/components/ui/sheet')).Sheet }));
const PeekPanel = lazy(async () => ({ default: (await import('./peek-panel')).PeekPanel }));
const NothingListed = lazy(async () => ({
  default: (await import('./nothing-found')).NothingListed,
}));

const WIDTHS_KEY = 'xray.columns';

/** The executions of the app in the address, or else of the first app. */
export function ExplorerPage() {
  return (
    <AppGate loading={<ExplorerSkeleton />}>{(app) => <Explorer key={app} app={app} />}</AppGate>
  );
}

function Explorer({ app }: { app: string }) {
  const client = useQueryClient();
  const [params, setParams] = useQueryStates(explorerParams, { history: 'push' });
  const { from, to, sort, by, peek, live } = params;
  const { q, isReadable } = useReadableFilter(params.q);
  const range = { from, to };
  const question = { app, q, range, sort };
  const columns = params.cols === null || params.cols.length === 0 ? DEFAULT_COLUMNS : params.cols;
  const widths = parseWidths(useStored(WIDTHS_KEY));
  const setWidths = (next: ColumnWidths) => store(WIDTHS_KEY, printWidths(next));
  const roomy = useMediaQuery('(min-width: 1024px)');
  const [facetsOpen, setFacetsOpen] = useState(false);
  const [paused, setPaused] = useState(false);
  const [atTop, setAtTop] = useState(true);
  const bySearch = searchesWords(q);
  const unable =
    to !== null
      ? 'Live needs a time range without an end'
      : sort !== '-at'
        ? 'Live needs the order "newest first"'
        : null;
  const arriving = useLiveRows(question, live && unable === null, paused || !atTop);

  const onPeek = useCallback(
    (id: string | null) => setParams({ peek: id }, { history: 'replace' }),
    [setParams],
  );
  const setQ = (next: string) => void setParams({ q: next === '' ? null : next, peek: null });
  const listId = JSON.stringify(listKey(question));
  const facets = (
    <Boundary small title="The counts cannot be shown" of={listId} className="p-4">
      <Suspense>
        <FacetPanel app={app} q={q} range={range} onChange={setQ} />
      </Suspense>
    </Boundary>
  );

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 px-4 py-2 max-md:gap-0.5 max-md:px-2 print:hidden">
        <h1 className="mr-auto font-semibold max-md:sr-only">Executions</h1>
        <Button className={cn('lg:hidden', ICON_ON_PHONE)} onClick={() => setFacetsOpen(true)}>
          <ListFilterIcon aria-hidden /> <span className="max-md:sr-only">Facets</span>
        </Button>
        <ViewsMenu app={app} />
        <div className="flex min-w-0 max-md:flex-[1_0_4.75rem]">
          <RangeMenu
            value={range}
            className="max-md:flex-1 max-md:px-1"
            onChange={(next) => void setParams({ ...next, peek: null })}
          />
        </div>
        <LiveButton
          live={live}
          paused={paused}
          unable={unable}
          onLive={(next) => {
            setPaused(false);
            arriving.clear();
            void setParams({ live: next ? true : null }, { history: 'replace' });
          }}
          onPaused={setPaused}
        />
        <ExportButton app={app} q={q} range={range} />
        <ColumnMenu
          columns={columns}
          onChange={(next) => void setParams({ cols: next })}
          onResetWidths={() => setWidths({})}
        />
        <Button
          size="icon"
          aria-label="Refresh"
          title="Refresh"
          onClick={() => {
            arriving.clear();
            void client.invalidateQueries({ queryKey: [...listKey(question), 'page'] });
            void client.invalidateQueries({ queryKey: ['facets', app] });
            void client.invalidateQueries({ queryKey: ['histogram', app] });
          }}
        >
          <RotateCwIcon aria-hidden />
        </Button>
      </div>
      <FilterBar app={app} q={params.q} range={range} onChange={setQ} />
      <div
        // The filter shows its own error. Meanwhile the last results stay, greyed and inert.
        inert={!isReadable}
        className={cn(
          'flex min-h-0 flex-1 border-t border-line max-md:border-t-0',
          !isReadable && 'opacity-50 grayscale',
        )}
      >
        {roomy ? (
          <section
            aria-label="Facets"
            // The keyboard must reach a scrolling box (WCAG 2.1.1).
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
            tabIndex={0}
            className="w-56 shrink-0 overflow-y-auto border-r border-line focus-visible:-outline-offset-2 max-lg:hidden print:hidden"
          >
            {facets}
          </section>
        ) : facetsOpen ? (
          <Suspense>
            <Sheet title="Facets" titleShown onClose={() => setFacetsOpen(false)}>
              <div className="min-h-0 flex-1 overflow-y-auto">{facets}</div>
            </Sheet>
          </Suspense>
        ) : null}
        <div className="relative flex min-h-0 min-w-0 flex-1">
          <div className="flex min-h-0 min-w-0 flex-1 flex-col">
            <div className="min-h-[107px] pt-1 print:hidden">
              <Boundary
                small
                title="The counts over time cannot be shown"
                of={`${listId} ${by}`}
                className="px-4 py-2"
              >
                <Suspense>
                  <Histogram
                    app={app}
                    q={q}
                    bySearch={bySearch}
                    range={range}
                    by={by}
                    live={live && unable === null}
                    onBy={(next) => void setParams({ by: next }, { history: 'replace' })}
                    onZoom={(next) => void setParams({ ...next, peek: null })}
                  />
                </Suspense>
              </Boundary>
            </div>
            <Boundary title="The list cannot be shown" of={listId}>
              <ExecutionsList
                key={listId}
                question={question}
                arrived={arriving.shown}
                withMatches={bySearch}
                columns={columns}
                widths={widths}
                onColumns={(next) => void setParams({ cols: next })}
                onWidth={(id, widthPx) => setWidths(withWidth(widths, id, widthPx))}
                onSort={(next) => void setParams({ sort: next })}
                peek={peek}
                onPeek={onPeek}
                onAtTop={setAtTop}
                heldCount={arriving.heldCount}
                onShowHeld={() => {
                  arriving.release();
                  setPaused(false);
                }}
                empty={
                  <Suspense>
                    <NothingListed
                      app={app}
                      q={q}
                      range={range}
                      onChange={(next) => void setParams(next)}
                    />
                  </Suspense>
                }
              />
            </Boundary>
          </div>
          {peek === null ? null : (
            <Boundary title="This execution cannot be shown" of={peek} className="w-80 shrink-0">
              <Suspense>
                <PeekPanel
                  app={app}
                  executionId={peek}
                  matches={undefined}
                  onClose={() => void onPeek(null)}
                />
              </Suspense>
            </Boundary>
          )}
        </div>
      </div>
    </div>
  );
}

/** The filter in the address. If it is invalid, the last valid one, which is empty at first. */
function useReadableFilter(q: string): { q: string; isReadable: boolean } {
  const [last, setLast] = useState('');
  const isReadable = parseQuery(q).ok;
  if (isReadable && last !== q) setLast(q);
  return { q: isReadable ? q : last, isReadable };
}

function withWidth(widths: ColumnWidths, id: ColumnId, widthPx: number | null): ColumnWidths {
  const { [id]: _old, ...others } = widths;
  return widthPx === null ? others : { ...others, [id]: widthPx };
}
