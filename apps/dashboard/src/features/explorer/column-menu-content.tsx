'use client';

import { ArrowDownIcon, ArrowUpIcon } from 'lucide-react';
import type { ReactElement } from 'react';
import { Button } from '@/components/ui/button';
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover';
import { moveColumn, toggleColumn } from './column-layout';
import { COLUMNS, COLUMN_IDS, type ColumnId } from './columns';

export interface ColumnMenuProps {
  columns: readonly ColumnId[];
  onChange: (columns: ColumnId[] | null) => void;
  onResetWidths: () => void;
}

export function ColumnMenuContent({
  trigger,
  columns,
  onChange,
  onResetWidths,
}: ColumnMenuProps & { trigger: ReactElement }) {
  const hidden = COLUMN_IDS.filter((id) => !columns.includes(id));
  return (
    <Popover defaultOpen>
      <PopoverTrigger asChild>{trigger}</PopoverTrigger>
      <PopoverContent align="end" aria-label="Columns" className="w-64 p-1">
        <ul className="max-h-[60dvh] overflow-y-auto">
          {[...columns, ...hidden].map((id) => {
            const { title } = COLUMNS[id];
            const place = columns.indexOf(id);
            return (
              <li key={id} className="flex h-8 items-center rounded px-2 hover:bg-hover">
                <label className="flex min-w-0 flex-1 cursor-pointer items-center gap-2 text-sm">
                  <input
                    type="checkbox"
                    checked={place >= 0}
                    disabled={place >= 0 && columns.length === 1}
                    onChange={() => onChange(toggleColumn(columns, id))}
                    className="size-4 accent-(--accent)"
                  />
                  {title}
                </label>
                {place < 0 ? null : (
                  <>
                    <Button
                      variant="ghost"
                      size="iconSm"
                      disabled={place === 0}
                      aria-label={`Move ${title} to the left`}
                      title="Move left"
                      onClick={() => onChange(moveColumn(columns, id, place - 1))}
                    >
                      <ArrowUpIcon aria-hidden />
                    </Button>
                    <Button
                      variant="ghost"
                      size="iconSm"
                      disabled={place === columns.length - 1}
                      aria-label={`Move ${title} to the right`}
                      title="Move right"
                      onClick={() => onChange(moveColumn(columns, id, place + 1))}
                    >
                      <ArrowDownIcon aria-hidden />
                    </Button>
                  </>
                )}
              </li>
            );
          })}
        </ul>
        <div className="mt-1 border-t border-line pt-1">
          <Button
            variant="ghost"
            className="w-full justify-start px-2"
            onClick={() => {
              onChange(null);
              onResetWidths();
            }}
          >
            Reset columns
          </Button>
        </div>
      </PopoverContent>
    </Popover>
  );
}
