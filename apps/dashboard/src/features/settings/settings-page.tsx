'use client';

import { useQuery } from '@tanstack/react-query';
import { useQueryStates } from 'nuqs';
import { ErrorState } from '@/components/states';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs';
import { meQuery } from '@/lib/queries';
import { RowsSkeleton } from './panel';
import { ProfilePanel } from './profile-panel';
import { TABS, settingsParams, type Tab } from './search-params';

const NAMES: Record<Tab, string> = {
  profile: 'Profile',
};

export function SettingsPage() {
  const [{ tab }, setParams] = useQueryStates(settingsParams, { history: 'push' });
  const me = useQuery(meQuery);
  return (
    <Tabs
      value={tab}
      onValueChange={(value) => void setParams({ tab: value as Tab })}
      className="flex min-h-0 flex-1 flex-col"
    >
      <h1 className="sr-only">Settings</h1>
      <TabsList aria-label="Settings">
        {TABS.map((each) => (
          <TabsTrigger key={each} value={each}>
            {NAMES[each]}
          </TabsTrigger>
        ))}
      </TabsList>
      <TabsContent value={tab} className="overflow-y-auto p-4 md:p-6">
        <div className="mx-auto max-w-4xl">
          {me.isPending ? (
            <RowsSkeleton label="Loading the settings" />
          ) : me.isError ? (
            <ErrorState
              error={me.error}
              title="It is not known who you are"
              onRetry={() => void me.refetch()}
            />
          ) : tab === 'profile' ? (
            <ProfilePanel me={me.data} />
          ) : null}
        </div>
      </TabsContent>
    </Tabs>
  );
}
