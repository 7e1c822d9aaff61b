'use client';

import { Columns3Icon } from 'lucide-react';
import { Button } from '@/components/ui/button';
import {
  DropdownMenu,
  DropdownMenuCheckboxItem,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu';
import { COLUMNS, COLUMN_IDS, type ColumnId } from './columns';

/** Which columns the list shows; null is the default choice. */
export function ColumnMenu({
  columns,
  onChange,
}: {
  columns: readonly ColumnId[];
  onChange: (columns: ColumnId[] | null) => void;
}) {
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button size="icon" aria-label="Columns" title="Columns" className="max-md:hidden">
          <Columns3Icon aria-hidden />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent>
        <DropdownMenuLabel>Columns</DropdownMenuLabel>
        {COLUMN_IDS.map((id) => {
          const shown = columns.includes(id);
          return (
            <DropdownMenuCheckboxItem
              key={id}
              checked={shown}
              disabled={shown && columns.length === 1}
              onSelect={(event) => event.preventDefault()}
              onCheckedChange={(checked) =>
                onChange(
                  COLUMN_IDS.filter((each) => (each === id ? checked : columns.includes(each))),
                )
              }
            >
              {COLUMNS[id].title}
            </DropdownMenuCheckboxItem>
          );
        })}
        <DropdownMenuSeparator />
        <DropdownMenuItem onSelect={() => onChange(null)}>As at first</DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
