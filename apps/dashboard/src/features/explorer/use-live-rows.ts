'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLiveExecutions } from '@/lib/live';
import { listKey, replaceRow, type ListQuestion } from './list-query';
import { MAX_SHOWN, NO_LIVE_ROWS, receiveRow, releaseRows, type LiveRows } from './live-rows';

/**
 * The rows that arrive while a list is open. They go to the top while it is visible, or else are held and
 * counted. A newer flush replaces the row of its execution.
 */
export function useLiveRows(question: ListQuestion, enabled: boolean, hold: boolean) {
  const client = useQueryClient();
  const name = JSON.stringify(listKey(question));
  const [state, setState] = useState<{ of: string; rows: LiveRows }>({
    of: name,
    rows: NO_LIVE_ROWS,
  });
  const rows = state.of === name && enabled ? state.rows : NO_LIVE_ROWS;
  const update = (change: (rows: LiveRows) => LiveRows) =>
    setState((old) => ({ of: name, rows: change(old.of === name ? old.rows : NO_LIVE_ROWS) }));

  const readAnew = async () => {
    await client.invalidateQueries({ queryKey: [...listKey(question), 'page'] });
    setState({ of: name, rows: NO_LIVE_ROWS });
  };

  useLiveExecutions({
    app: question.app,
    q: question.q,
    enabled,
    onRow: (row) => {
      if (replaceRow(client, question, row)) return;
      update((old) => receiveRow(old, row, hold));
      if (rows.shown.length >= MAX_SHOWN) void readAnew();
    },
    onMissed: () => void readAnew(),
  });

  return {
    shown: rows.shown,
    heldCount: rows.heldCount,
    release: () => {
      const released = releaseRows(rows);
      if (released === null) void readAnew();
      else update(() => released);
    },
    clear: () => setState({ of: name, rows: NO_LIVE_ROWS }),
  };
}
