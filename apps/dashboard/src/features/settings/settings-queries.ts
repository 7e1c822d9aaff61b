import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import {
  listAudit,
  listInvitations,
  listKeys,
  listMembers,
  listUsers,
  type AuditFilter,
} from '@/lib/access-api';
import { getRetention, listReceipts } from '@/lib/data-api';
import { getOtlp } from '@/lib/otlp-api';

export const keysQuery = (app: string) =>
  queryOptions({ queryKey: ['keys', app], queryFn: ({ signal }) => listKeys(app, signal) });

export const membersQuery = (app: string) =>
  queryOptions({ queryKey: ['members', app], queryFn: ({ signal }) => listMembers(app, signal) });

export const invitationsQuery = (app: string) =>
  queryOptions({
    queryKey: ['invitations', app],
    queryFn: ({ signal }) => listInvitations(app, signal),
  });

/** Pages of accounts whose name or email contains the text. */
export const usersQuery = (text: string) =>
  infiniteQueryOptions({
    queryKey: ['users', text],
    queryFn: ({ pageParam, signal }) => listUsers(text, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextAfter,
  });

/** The audit log in pages, newest first. Null means the log of the whole installation. */
export const auditQuery = (app: string | null, filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', app, filter],
    queryFn: ({ pageParam, signal }) => listAudit(app, filter, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.nextBefore,
    staleTime: 0,
  });

export const otlpQuery = (app: string) =>
  queryOptions({
    queryKey: ['otlp', app],
    queryFn: ({ signal }) => getOtlp(app, signal),
    staleTime: 0,
  });

export const retentionQuery = (app: string) =>
  queryOptions({
    queryKey: ['retention', app],
    queryFn: ({ signal }) => getRetention(app, signal),
    staleTime: 0,
  });

export const receiptsQuery = (app: string) =>
  queryOptions({
    queryKey: ['receipts', app],
    queryFn: ({ signal }) => listReceipts(app, signal),
    staleTime: 0,
  });
