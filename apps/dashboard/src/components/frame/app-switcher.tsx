'use client';

import { useQuery } from '@tanstack/react-query';
import { BoxIcon, ChevronsUpDownIcon } from 'lucide-react';
import { useRouter, useSearchParams } from 'next/navigation';
import { useState } from 'react';
import { OptionList } from '@/components/option-list';
import { Button } from '@/components/ui/button';
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover';
import { executionsHref } from '@/lib/links';
import { appsQuery } from '@/lib/queries';

/** Goes to another app's executions; the apps themselves are on the home page. */
export function AppSwitcher() {
  const router = useRouter();
  const current = useSearchParams().get('app');
  const apps = useQuery(appsQuery);
  const [open, setOpen] = useState(false);
  const items = apps.data?.items ?? [];
  const name = items.find((app) => app.id === current)?.name ?? current;

  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button
          className="w-full min-w-0 justify-start px-2"
          aria-label={name === null ? 'Choose an app' : `App ${name}: switch`}
          title={name ?? 'Choose an app'}
        >
          <BoxIcon aria-hidden className="text-ink-muted" />
          <span className="rail-label min-w-0 flex-1 truncate text-left">
            {name ?? 'Choose an app'}
          </span>
          <ChevronsUpDownIcon aria-hidden className="rail-label text-ink-faint" />
        </Button>
      </PopoverTrigger>
      <PopoverContent aria-label="Apps" className="w-72">
        <OptionList
          label="Apps"
          placeholder="Find an app"
          selected={current}
          options={items.map((app) => ({
            value: app.id,
            label: app.name,
            hint: app.name === app.id ? null : app.id.slice(0, 24),
          }))}
          empty={apps.isError ? 'The apps could not be read.' : 'No app of that name.'}
          onChoose={(id) => {
            setOpen(false);
            router.push(executionsHref(id));
          }}
        />
      </PopoverContent>
    </Popover>
  );
}
