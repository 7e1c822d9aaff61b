'use client';

import { useQuery } from '@tanstack/react-query';
import { useQueryStates } from 'nuqs';
import type { User } from '@xray/core';
import { Boundary } from '@/components/boundary';
import { ErrorState } from '@/components/states';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs';
import { appsQuery, meQuery } from '@/lib/queries';
import { AppsPanel } from './apps-panel';
import { AuditPanel } from './audit-panel';
import { ConnectPanel } from './connect-panel';
import { DataPanels } from './data-panels';
import { DictionaryPanel } from './dictionary-panel';
import { KeysPanel } from './keys-panel';
import { MembersPanel } from './members-panel';
import { Note, Panel, RowsSkeleton } from './panel';
import { PeoplePanel } from './people-panel';
import { ProfilePanel } from './profile-panel';
import { Select } from './select';
import { TABS, settingsParams, type Tab } from './search-params';

const NAMES: Record<Tab, string> = {
  apps: 'Apps',
  keys: 'API keys',
  connect: 'Connect',
  members: 'Members',
  dictionary: 'Dictionary',
  data: 'Data',
  audit: 'Audit log',
  people: 'People',
  profile: 'Profile',
};

/** A phone shows some of the tabs, and the chosen one must be among them. */
function reveal(tab: HTMLElement | null) {
  tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

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
        {TABS.filter((each) => each !== 'people' || me.data?.isAdministrator === true).map(
          (each) => (
            <TabsTrigger key={each} value={each} ref={each === tab ? reveal : undefined}>
              {NAMES[each]}
            </TabsTrigger>
          ),
        )}
      </TabsList>
      <TabsContent value={tab} className="overflow-y-auto p-4 md:p-6">
        <div className="mx-auto max-w-4xl">
          {me.isPending ? (
            <RowsSkeleton label="Loading the settings" />
          ) : me.isError ? (
            <ErrorState
              error={me.error}
              title="Your account could not be loaded"
              onRetry={() => void me.refetch()}
            />
          ) : (
            <Boundary title="This cannot be shown" of={tab}>
              {tab === 'profile' ? (
                <ProfilePanel me={me.data} />
              ) : tab === 'people' ? (
                <PeoplePanel me={me.data} />
              ) : tab === 'apps' ? (
                <AppsPanel me={me.data} />
              ) : (
                <OfOneApp me={me.data} tab={tab} />
              )}
            </Boundary>
          )}
        </div>
      </TabsContent>
    </Tabs>
  );
}

/** Settings of one app. The app is chosen here and kept in the address. */
function OfOneApp({
  me,
  tab,
}: {
  me: User;
  tab: 'keys' | 'connect' | 'members' | 'dictionary' | 'data' | 'audit';
}) {
  const [{ app: id }, setParams] = useQueryStates(settingsParams, { history: 'push' });
  const apps = useQuery(appsQuery);
  if (apps.isPending) return <RowsSkeleton label="Loading the apps" />;
  if (apps.isError) {
    return (
      <ErrorState
        error={apps.error}
        title="The apps could not be loaded"
        onRetry={() => void apps.refetch()}
      />
    );
  }
  const { items } = apps.data;
  const isWhole = tab === 'audit' && me.isAdministrator;
  const app =
    items.find((each) => each.id === id) ?? (id === null && !isWhole ? items[0] : undefined);
  return (
    <div className="flex flex-col gap-6">
      {items.length === 0 ? null : (
        <Select
          label="App"
          className="max-w-xs"
          value={app?.id ?? ''}
          onChange={(event) => void setParams({ app: event.target.value || null })}
          options={[
            ...(isWhole ? [{ value: '', label: 'The whole installation' }] : []),
            ...(app === undefined && !isWhole ? [{ value: '', label: 'Choose an app' }] : []),
            ...items.map(({ id: value, name }) => ({
              value,
              label: name === value ? name : `${name} (${value})`,
            })),
          ]}
        />
      )}
      {app === undefined ? (
        isWhole && id === null ? (
          <AuditPanel app={null} />
        ) : (
          <Note>
            {id === null
              ? 'You are not a member of any app.'
              : `The app “${id}” does not exist, or you have no access to it.`}
          </Note>
        )
      ) : tab === 'keys' ? (
        <KeysPanel key={app.id} app={app} />
      ) : tab === 'connect' ? (
        <ConnectPanel key={app.id} app={app} />
      ) : tab === 'members' ? (
        <MembersPanel key={app.id} app={app} me={me} />
      ) : tab === 'dictionary' ? (
        <DictionaryPanel key={app.id} app={app} />
      ) : tab === 'data' ? (
        <DataPanels key={app.id} app={app} />
      ) : app.role === 'owner' ? (
        <AuditPanel app={app.id} />
      ) : (
        <Panel title="Audit log">
          <Note>
            Your role in this app: {app.role ?? 'no member'}. Only owners can read the audit log.
          </Note>
        </Panel>
      )}
    </div>
  );
}
