'use client';

import { lazyMenu } from '@/components/ui/lazy-menu';
import { truncateMiddle } from '@/lib/format';
import type { ExecutionPickerProps } from './execution-picker-content';

const Menu = lazyMenu(
  async () => (await import('./execution-picker-content')).ExecutionPickerContent,
);

/** Chooses one execution: one of the latest, or any by its id. */
export function ExecutionPicker(props: ExecutionPickerProps) {
  return (
    <Menu content={props} popup="dialog" className="min-w-0 shrink">
      <span className="text-ink-muted">{props.name}</span>
      <span className="text-mono truncate">
        {props.value === null ? 'choose…' : truncateMiddle(props.value, 18)}
      </span>
    </Menu>
  );
}
