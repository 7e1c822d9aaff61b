'use client';

import { DownloadIcon, RotateCwIcon } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { lazy, Suspense, useCallback, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { AppGate } from '@/components/app-gate';
import { RangeMenu } from '@/components/time-range/range-menu';
import { boundsOf } from '@/components/time-range/time-range';
import { Button } from '@/components/ui/button';
import { exportUrl } from '@/lib/api-client';
import { store, useStored } from '@/lib/preferences';
import { ColumnMenu } from './column-menu';
import { parseWidths, printWidths, type ColumnWidths } from './column-layout';
import { DEFAULT_COLUMNS, type ColumnId } from './columns';
import { ExecutionsList } from './executions-list';
import { ExplorerSkeleton } from './explorer-skeleton';
import { FilterBar } from './filter-bar';
import { searchesWords } from './filter-terms';
import { listKey } from './list-query';
import { LiveButton } from './live-button';
import { explorerParams } from './search-params';
import { useLiveRows } from './use-live-rows';

const PeekPanel = lazy(async () => ({ default: (await import('./peek-panel')).PeekPanel }));
const NothingListed = lazy(async () => ({
  default: (await import('./nothing-found')).NothingListed,
}));

const WIDTHS_KEY = 'xray.columns';

/** The executions of the app that the address names, else of the first one. */
export function ExplorerPage() {
  return (
    <AppGate loading={<ExplorerSkeleton />}>{(app) => <Explorer key={app} app={app} />}</AppGate>
  );
}

function Explorer({ app }: { app: string }) {
  const client = useQueryClient();
  const [params, setParams] = useQueryStates(explorerParams, { history: 'push' });
  const { q, from, to, sort, peek, live } = params;
  const range = { from, to };
  const question = { app, q, range, sort };
  const columns = params.cols === null || params.cols.length === 0 ? DEFAULT_COLUMNS : params.cols;
  const widths = parseWidths(useStored(WIDTHS_KEY));
  const setWidths = (next: ColumnWidths) => store(WIDTHS_KEY, printWidths(next));
  const [paused, setPaused] = useState(false);
  const [atTop, setAtTop] = useState(true);
  const unable =
    to !== null
      ? 'The time range has an end'
      : sort !== '-at'
        ? 'Sort by time, newest first'
        : null;
  const arriving = useLiveRows(question, live && unable === null, paused || !atTop);

  const onPeek = useCallback(
    (id: string | null) => void setParams({ peek: id }, { history: 'replace' }),
    [setParams],
  );
  const setQ = (next: string) => void setParams({ q: next === '' ? null : next, peek: null });
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 px-4 py-2 print:hidden">
        <h1 className="mr-auto font-semibold max-md:sr-only">Executions</h1>
        <RangeMenu value={range} onChange={(next) => void setParams({ ...next, peek: null })} />
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
        <ExportLink app={app} q={q} range={range} />
        <ColumnMenu
          columns={columns}
          onChange={(next) => void setParams({ cols: next })}
          onResetWidths={() => setWidths({})}
        />
        <Button
          size="icon"
          aria-label="Read the list anew"
          title="Read the list anew"
          onClick={() => {
            arriving.clear();
            void client.invalidateQueries({ queryKey: [...listKey(question), 'page'] });
          }}
        >
          <RotateCwIcon aria-hidden />
        </Button>
      </div>
      <FilterBar app={app} q={q} onChange={setQ} />
      <div className="flex min-h-0 flex-1 border-t border-line max-md:border-t-0">
        <div className="relative flex min-h-0 min-w-0 flex-1">
          <div className="flex min-h-0 min-w-0 flex-1 flex-col">
            <ExecutionsList
              key={JSON.stringify(listKey(question))}
              question={question}
              arrived={arriving.shown}
              withMatches={searchesWords(q)}
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
          </div>
          {peek === null ? null : (
            <Suspense>
              <PeekPanel
                app={app}
                executionId={peek}
                matches={undefined}
                onClose={() => onPeek(null)}
              />
            </Suspense>
          )}
        </div>
      </div>
    </div>
  );
}

/** Everything that the filter finds, as a file. The browser reads it to the end, however long it is. */
function ExportLink({
  app,
  q,
  range,
}: {
  app: string;
  q: string;
  range: { from: string | null; to: string | null };
}) {
  return (
    <Button asChild title="Everything found, with payloads, as NDJSON" className="max-md:hidden">
      <a
        href={exportUrl(app, { q, ...boundsOf(range, 0) })}
        download={`${app}.ndjson`}
        // The range goes by the clock of the moment that it is asked for.
        onClick={(event) => {
          event.currentTarget.href = exportUrl(app, { q, ...boundsOf(range, Date.now()) });
        }}
      >
        <DownloadIcon aria-hidden /> Export
      </a>
    </Button>
  );
}

function withWidth(widths: ColumnWidths, id: ColumnId, widthPx: number | null): ColumnWidths {
  const { [id]: _old, ...others } = widths;
  return widthPx === null ? others : { ...others, [id]: widthPx };
}
