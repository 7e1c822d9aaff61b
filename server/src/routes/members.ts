import {
  acceptInvitationSchema,
  createdInvitationSchema,
  invitationListSchema,
  invitationSchema,
  linkSchema,
  memberChangeSchema,
  memberListSchema,
  memberSchema,
  newInvitationSchema,
  userSchema,
  type CreatedInvitation,
} from '@xray/core';
import { z } from 'zod';
import { hashToken } from '../auth/one-time-links.js';
import { notFound } from '../auth/policy.js';
import { nameOf } from '../auth/principal.js';
import { DomainError } from '../errors.js';
import { param, parse, type Deps, type Route } from './route.js';

const previewSchema = invitationSchema.extend({ appName: z.string() });

/** Who may do what in an app, and how somebody comes to be one of them. */
export function memberRoutes({ store, accounts, clerk, links }: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/members',
      policy: 'own',
      summary: 'The people of the app.',
      answers: { 200: { description: 'By address.', schema: memberListSchema } },
      async handle({ req, res }) {
        res.json({ items: await store.listMembers(param(req, 'app')) });
      },
    },
    {
      method: 'put',
      path: '/api/apps/:app/members/:user',
      policy: 'own',
      audit: 'member.change',
      summary: 'Gives a member another role.',
      body: { kind: 'json', schema: memberChangeSchema },
      answers: { 200: { description: 'The member.', schema: memberSchema } },
      async handle({ req, res, record }) {
        const { role } = parse(memberChangeSchema, req.body);
        const member = await store.changeMember(param(req, 'app'), param(req, 'user'), role);
        if (member === undefined) throw notFound('member');
        await record({ target: member.email, details: { role } });
        res.json(member);
      },
    },
    {
      method: 'delete',
      path: '/api/apps/:app/members/:user',
      policy: 'own',
      audit: 'member.remove',
      summary: 'Takes a person out of the app.',
      answers: { 200: { description: 'Who was one.', schema: memberSchema } },
      async handle({ req, res, record }) {
        const member = await store.removeMember(param(req, 'app'), param(req, 'user'));
        if (member === undefined) throw notFound('member');
        await record({ target: member.email });
        res.json(member);
      },
    },
    {
      method: 'get',
      path: '/api/apps/:app/invitations',
      policy: 'own',
      summary: 'Invitations that can still be accepted.',
      answers: { 200: { description: 'Oldest first.', schema: invitationListSchema } },
      async handle({ req, res }) {
        res.json({ items: await store.listInvitations(param(req, 'app')) });
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/invitations',
      policy: 'own',
      audit: 'invitation.create',
      summary: 'Invites somebody. This answer alone shows the link.',
      body: { kind: 'json', schema: newInvitationSchema },
      answers: { 201: { description: 'The link.', schema: createdInvitationSchema } },
      async handle({ req, res, principal, record }) {
        const { role, email } = parse(newInvitationSchema, req.body);
        const { link, tokenHash, expiresAt } = links.newInvitation();
        const invitation = await store.createInvitation({
          app: param(req, 'app'),
          role,
          email: email ?? null,
          tokenHash,
          invitedBy: nameOf(principal),
          expiresAt,
        });
        await record({ target: email ?? 'whoever has the link', details: { role } });
        res.status(201).json({ link, invitation } satisfies CreatedInvitation);
      },
    },
    {
      method: 'delete',
      path: '/api/apps/:app/invitations/:invitation',
      policy: 'own',
      audit: 'invitation.revoke',
      summary: 'Takes an invitation back.',
      answers: { 200: { description: 'What it was.', schema: invitationSchema } },
      async handle({ req, res, record }) {
        const revoked = await store.revokeInvitation(param(req, 'app'), param(req, 'invitation'));
        if (revoked === undefined) throw notFound('invitation');
        await record({ target: revoked.email ?? 'whoever has the link' });
        res.json(revoked);
      },
    },
    {
      method: 'post',
      path: '/api/invitations/preview',
      policy: 'public',
      summary: 'What the invitation of a link is for.',
      body: { kind: 'json', schema: linkSchema },
      answers: { 200: { description: 'The invitation.', schema: previewSchema } },
      async handle({ req, res }) {
        const { token } = parse(linkSchema, req.body);
        const found = await store.findInvitation(hashToken(token));
        if (found === undefined) throw gone();
        res.json(found);
      },
    },
    {
      method: 'post',
      path: '/api/invitations/accept',
      policy: 'anyone',
      audit: 'invitation.accept',
      summary: 'Joins an app: as who is signed in, or with a new account.',
      body: { kind: 'json', schema: acceptInvitationSchema },
      answers: { 200: { description: 'Signed in.', schema: userSchema } },
      async handle({ req, res, principal, record }) {
        const { token, account } = parse(acceptInvitationSchema, req.body);
        if (account === undefined && principal.kind !== 'user') {
          throw new DomainError('unauthorized', 'Sign in first, or make an account.');
        }
        if (account !== undefined && clerk !== undefined) {
          throw new DomainError('invalid', 'Accounts are made with Clerk: sign in first.');
        }
        const accepted = await store.acceptInvitation(
          hashToken(token),
          account === undefined
            ? { userId: principal.kind === 'user' ? principal.user.id : '' }
            : {
                account: {
                  email: account.email,
                  name: account.name,
                  isAdministrator: false,
                  passwordHash: await accounts.hashPassword(account.password),
                },
              },
        );
        switch (accepted.kind) {
          case 'gone':
            throw gone();
          case 'wrong_email':
            throw new DomainError('forbidden', 'This invitation is for another address.');
          case 'email_taken':
            throw new DomainError(
              'conflict',
              'There is an account of this address already: sign in, then open the link again.',
            );
        }
        const access = await store.readAccess(accepted.userId, undefined);
        if (access === undefined) throw gone();
        const { user } = access;
        if (account !== undefined) await accounts.startSession(req, res, user.id);
        await record({
          app: accepted.invitation.appId,
          actor: { kind: 'user', id: user.id, name: user.email },
          details: { role: accepted.invitation.role },
        });
        res.json(user);
      },
    },
  ];
}

function gone(): DomainError {
  return new DomainError('not_found', 'This invitation was used, taken back or has expired.');
}
