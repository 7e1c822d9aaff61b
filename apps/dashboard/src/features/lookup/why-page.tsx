'use client';

import { useQuery } from '@tanstack/react-query';
import { SearchIcon } from 'lucide-react';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import { useId, useState } from 'react';
import { AppGate } from '@/components/app-gate';
import { Boundary } from '@/components/boundary';
import { isKnown, lookupQuery } from '@/components/id-lookup/lookup-query';
import { roleName, roleOf, rolesOf, type FoundRole, type Role } from '@/components/id-lookup/roles';
import { mayBePrefix, suggestionsQuery } from '@/components/id-lookup/suggestions-query';
import { EmptyState, ErrorState } from '@/components/states';
import { questionRange } from '@/components/time-range/question-range';
import { RangeMenu } from '@/components/time-range/range-menu';
import { ALL_TIME, DEFAULT_FROM, type TimeRange } from '@/components/time-range/time-range';
import { Button } from '@/components/ui/button';
import { inputClasses, textOf } from '@/components/ui/field';
import { cn } from '@/lib/cn';
import { plural } from '@/lib/format';
import { executionHref } from '@/lib/links';
import { CandidateHistoryView } from './candidate-history';
import { whyParams } from './search-params';
import { SubjectHistoryView } from './subject-history';
import { HistorySkeleton, WhySkeleton } from './why-skeleton';

/** Looks up an id and shows every decision on it. */
export function WhyPage() {
  return <AppGate loading={<WhySkeleton />}>{(app) => <Why key={app} app={app} />}</AppGate>;
}

function Why({ app }: { app: string }) {
  const [{ id, as, from, to }, setParams] = useQueryStates(whyParams, { history: 'push' });
  // People ask about an id of any age.
  const range = from === null && to === null ? { from: ALL_TIME, to: null } : { from, to };
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <h1 className="sr-only">Why (not)?</h1>
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2 print:hidden">
        <form
          key={id}
          className="flex min-w-0 flex-1 items-center gap-2 max-md:basis-full md:max-w-2xl"
          onSubmit={(event) => {
            event.preventDefault();
            const typedId = textOf(new FormData(event.currentTarget), 'id').trim();
            void setParams({ app, id: typedId === '' ? null : typedId, as: null });
          }}
        >
          <IdInput app={app} id={id} />
          <Button type="submit" variant="primary">
            <SearchIcon aria-hidden />
            Ask why
          </Button>
        </form>
        <div className="ml-auto">
          <RangeMenu
            value={questionRange(range)}
            onChange={(value) => void setParams({ ...value, from: value.from ?? DEFAULT_FROM })}
          />
        </div>
      </div>
      {id === null ? (
        <EmptyState title="Look up why something was decided">
          <p className="mb-2">
            Enter an id to see every decision on it. It can be a <strong>candidate</strong>, such as
            a product, or a <strong>subject</strong>, such as an applicant.
          </p>
          <p>
            Each decision shows its deciding rule with value and threshold, the score against the
            cutoff, and the nearest candidate that was kept.
          </p>
        </EmptyState>
      ) : (
        <Boundary title="The answer cannot be shown" of={JSON.stringify([id, as, range])}>
          <Answer
            key={id}
            app={app}
            id={id}
            as={as}
            range={range}
            onRole={(role) => void setParams({ app, as: roleName(role) })}
            onAllTime={() => void setParams({ from: ALL_TIME, to: null })}
          />
        </Boundary>
      )}
    </div>
  );
}

interface AnswerProps {
  app: string;
  id: string;
  as: string | null;
  range: TimeRange;
  onRole: (role: Role) => void;
  onAllTime: () => void;
}

function Answer({ app, id, as, range, onRole, onAllTime }: AnswerProps) {
  const lookup = useQuery(lookupQuery(app, id, range));
  if (lookup.isPending) {
    return (
      <div className="p-4">
        <HistorySkeleton />
      </div>
    );
  }
  if (lookup.isError) {
    return (
      <ErrorState
        error={lookup.error}
        title="The lookup failed"
        onRetry={() => void lookup.refetch()}
      />
    );
  }
  const roles = rolesOf(lookup.data);
  const role = roleOf(as) ?? roles[0]?.role ?? null;
  return (
    <div className="flex flex-col">
      <FoundAs
        app={app}
        id={id}
        isExecution={lookup.data.execution}
        roles={roles}
        current={role}
        onRole={onRole}
      />
      {role === null ? (
        <NotFound
          app={app}
          id={id}
          isExecution={lookup.data.execution}
          isAllTime={range.from === ALL_TIME}
          onAllTime={onAllTime}
        />
      ) : role.kind === 'candidate' ? (
        <CandidateHistoryView app={app} id={id} range={range} />
      ) : (
        <SubjectHistoryView app={app} type={role.type} id={id} range={range} />
      )}
    </div>
  );
}

/** No candidate or subject has the id in the range. It may be the id of an execution, or older. */
function NotFound({
  app,
  id,
  isExecution,
  isAllTime,
  onAllTime,
}: {
  app: string;
  id: string;
  isExecution: boolean;
  isAllTime: boolean;
  onAllTime: () => void;
}) {
  const ever = useQuery({
    ...lookupQuery(app, id, { from: ALL_TIME, to: null }),
    enabled: !isAllTime,
  });
  const roles = ever.data === undefined || !isKnown(ever.data) ? [] : rolesOf(ever.data);
  if (isExecution && roles.length === 0) {
    return (
      <EmptyState title="This is an execution id">
        <Button asChild variant="primary">
          <Link href={executionHref(app, id)} prefetch={false}>
            Open the execution
          </Link>
        </Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState title={isAllTime ? 'Not found' : 'Not found in this time range'}>
      <p className="mb-3">
        No candidate and no subject has the id <code className="text-mono wrap-anywhere">{id}</code>{' '}
        in this time range.{' '}
        {roles.length === 0
          ? 'Only a complete id matches, exactly as recorded. If a subject was sent as a keyed hash, search for the hash.'
          : `In all time it is ${roles
              .map(({ role, executions }) => {
                const what = role.kind === 'candidate' ? 'a candidate' : role.type;
                return `${what} in ${plural(executions, 'execution')}`;
              })
              .join(' and ')}.`}
      </p>
      {isAllTime ? null : <Button onClick={onAllTime}>Show all time</Button>}
    </EmptyState>
  );
}

function FoundAs({
  app,
  id,
  isExecution,
  roles,
  current,
  onRole,
}: {
  app: string;
  id: string;
  isExecution: boolean;
  roles: readonly FoundRole[];
  current: Role | null;
  onRole: (role: Role) => void;
}) {
  if (roles.length === 0 && !isExecution) return null;
  const chosen = current === null ? null : roleName(current);
  return (
    <fieldset
      aria-label="Found as"
      className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 px-4 pt-3 text-sm"
    >
      <span aria-hidden className="text-ink-muted">
        Found as
      </span>
      {roles.map(({ role, name, executions }) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === chosen}
          onClick={() => onRole(role)}
          className={cn(
            'flex h-7 max-w-full items-center gap-1.5 rounded-md border border-line px-2 hover:bg-hover',
            name === chosen && 'border-accent bg-accent-soft',
          )}
        >
          <span className="truncate font-medium">
            {role.kind === 'candidate' ? 'candidate' : role.type}
          </span>
          <span className="shrink-0 text-ink-muted">in {plural(executions, 'execution')}</span>
        </button>
      ))}
      {isExecution ? (
        <Link
          href={executionHref(app, id)}
          prefetch={false}
          className="flex h-7 items-center rounded-md border border-line px-2 text-accent hover:bg-hover"
        >
          an execution: open it
        </Link>
      ) : null}
    </fieldset>
  );
}

/** A field that suggests ids after two letters. */
function IdInput({ app, id }: { app: string; id: string | null }) {
  const [text, setText] = useState(id ?? '');
  const listId = useId();
  const prefix = text.trim();
  const suggested = useQuery({
    ...suggestionsQuery(app, prefix),
    enabled: mayBePrefix(prefix),
  });
  return (
    <>
      <input
        name="id"
        type="search"
        list={listId}
        aria-label="Id of a candidate or a subject"
        placeholder="Id of a candidate or a subject"
        value={text}
        onChange={(event) => setText(event.target.value)}
        autoComplete="off"
        spellCheck={false}
        className={cn(inputClasses, 'h-8')}
      />
      <datalist id={listId}>
        {(suggested.data?.items ?? []).map(({ kind, type, id: found }) => (
          <option key={`${kind} ${type} ${found}`} value={found}>
            {kind === 'subject' ? type : 'candidate'}
          </option>
        ))}
      </datalist>
    </>
  );
}
