'use client';

import { useQuery } from '@tanstack/react-query';
import { useRouter, useSearchParams } from 'next/navigation';
import { useState, type ReactElement } from 'react';
import { OptionList } from '@/components/option-list';
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover';
import { executionsHref } from '@/lib/links';
import { appsQuery } from '@/lib/queries';

export function AppSwitcherContent({ trigger }: { trigger: ReactElement }) {
  const router = useRouter();
  const current = useSearchParams().get('app');
  const apps = useQuery(appsQuery);
  const [open, setOpen] = useState(true);
  const items = apps.data?.items ?? [];

  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>{trigger}</PopoverTrigger>
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
          empty={apps.isError ? 'The apps could not be loaded.' : 'No results.'}
          onChoose={(id) => {
            setOpen(false);
            router.push(executionsHref(id));
          }}
        />
      </PopoverContent>
    </Popover>
  );
}
