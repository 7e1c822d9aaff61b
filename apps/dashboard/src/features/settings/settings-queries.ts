import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { listAudit, listInvitations, listKeys, listMembers } from '@/lib/access-api';

export const keysQuery = (app: string) =>
  queryOptions({ queryKey: ['keys', app], queryFn: ({ signal }) => listKeys(app, signal) });

export const membersQuery = (app: string) =>
  queryOptions({ queryKey: ['members', app], queryFn: ({ signal }) => listMembers(app, signal) });

export const invitationsQuery = (app: string) =>
  queryOptions({
    queryKey: ['invitations', app],
    queryFn: ({ signal }) => listInvitations(app, signal),
  });

/** The audit log by pages, newest first; with null that of the whole installation. */
export const auditQuery = (app: string | null) =>
  infiniteQueryOptions({
    queryKey: ['audit', app],
    queryFn: ({ pageParam, signal }) => listAudit(app, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.nextBefore,
    staleTime: 0,
  });
