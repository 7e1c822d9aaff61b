'use client';

import { lazy } from 'react';
import { LazyMenu } from '@/components/ui/lazy-menu';
import { truncateMiddle } from '@/lib/format';
import type { ExecutionPickerProps } from './opened-execution-picker';

const load = () => import('./opened-execution-picker');
const Opened = lazy(async () => ({ default: (await load()).OpenedExecutionPicker }));

/** Chooses one execution: one of the latest, or any by its id. */
export function ExecutionPicker(props: ExecutionPickerProps) {
  return (
    <LazyMenu
      load={load}
      renderOpened={(trigger) => <Opened trigger={trigger} {...props} />}
      popup="dialog"
      className="min-w-0 shrink"
    >
      <span className="text-ink-muted">{props.name}</span>
      <span className="text-mono truncate">
        {props.value === null ? 'choose…' : truncateMiddle(props.value, 18)}
      </span>
    </LazyMenu>
  );
}
