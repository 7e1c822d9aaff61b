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
  type NewAccount,
} from '@xray/core';
import { z } from 'zod';
import { hashToken } from '../auth/one-time-links.js';
import { notFound } from '../auth/policy.js';
import { nameOf } from '../auth/principal.js';
import { DomainError } from '../errors.js';
import type { NewUser } from '../store/access-store.js';
import { callerOf } from './accounts.js';
import { param, parse, type Call, type Deps, type Route } from './route.js';

const previewSchema = invitationSchema.extend({ appName: z.string() });

/** The members of an app, and the invitations to join it. */
export function memberRoutes({
  accounts,
  localAccounts,
  passwords,
  guesses,
  clerk,
  links,
}: Deps): Route[] {
  return [
    {
      method: 'get',
      path: '/api/apps/:app/members',
      policy: 'own',
      summary: 'The members of the app.',
      answers: { 200: { description: 'Sorted by email.', schema: memberListSchema } },
      async handle({ req, res }) {
        res.json({ items: await accounts.listMembers(param(req, 'app')) });
      },
    },
    {
      method: 'put',
      path: '/api/apps/:app/members/:user',
      policy: 'own',
      audit: 'member.change',
      summary: 'Changes the role of a member.',
      body: { kind: 'json', schema: memberChangeSchema },
      answers: { 200: { description: 'The member.', schema: memberSchema } },
      async handle({ req, res, change }) {
        const { role } = parse(memberChangeSchema, req.body);
        const member = await change(async (edits) => {
          const result = await edits.changeMember(param(req, 'app'), param(req, 'user'), role);
          if (result === undefined) throw notFound('member');
          return { result, target: result.email, details: { role } };
        });
        res.json(member);
      },
    },
    {
      method: 'delete',
      path: '/api/apps/:app/members/:user',
      policy: 'own',
      audit: 'member.remove',
      summary: 'Removes a member from the app.',
      answers: { 200: { description: 'The removed member.', schema: memberSchema } },
      async handle({ req, res, change }) {
        const member = await change(async (edits) => {
          const result = await edits.removeMember(param(req, 'app'), param(req, 'user'));
          if (result === undefined) throw notFound('member');
          return { result, target: result.email };
        });
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
        res.json({ items: await accounts.listInvitations(param(req, 'app')) });
      },
    },
    {
      method: 'post',
      path: '/api/apps/:app/invitations',
      policy: 'own',
      audit: 'invitation.create',
      summary: 'Invites a person. Only this answer shows the link.',
      body: { kind: 'json', schema: newInvitationSchema },
      answers: { 201: { description: 'The link.', schema: createdInvitationSchema } },
      async handle({ req, res, principal, change }) {
        const { role, email } = parse(newInvitationSchema, req.body);
        const { link, tokenHash, expiresAt } = links.newInvitation();
        const invitation = await change(async (edits) => ({
          result: await edits.createInvitation({
            app: param(req, 'app'),
            role,
            email: email ?? null,
            tokenHash,
            invitedBy: nameOf(principal),
            inviter: principal.kind === 'user' ? principal.user.id : null,
            expiresAt,
          }),
          target: email ?? 'anyone with the link',
          details: { role },
        }));
        res.status(201).json({ link, invitation } satisfies CreatedInvitation);
      },
    },
    {
      method: 'delete',
      path: '/api/apps/:app/invitations/:invitation',
      policy: 'own',
      audit: 'invitation.revoke',
      summary: 'Revokes an invitation.',
      answers: { 200: { description: 'The revoked invitation.', schema: invitationSchema } },
      async handle({ req, res, change }) {
        const revoked = await change(async (edits) => {
          const result = await edits.revokeInvitation(param(req, 'app'), param(req, 'invitation'));
          if (result === undefined) throw notFound('invitation');
          return { result, target: result.email ?? 'anyone with the link' };
        });
        res.json(revoked);
      },
    },
    {
      method: 'post',
      path: '/api/invitations/preview',
      policy: 'public',
      summary: 'The invitation behind a link.',
      body: { kind: 'json', schema: linkSchema },
      answers: { 200: { description: 'The invitation.', schema: previewSchema } },
      async handle({ req, res }) {
        const { token } = parse(linkSchema, req.body);
        const found = await accounts.findInvitation(hashToken(token));
        if (found === undefined) throw invitationGone();
        res.json(found);
      },
    },
    {
      method: 'post',
      path: '/api/invitations/accept',
      policy: 'anyone',
      audit: 'invitation.accept',
      summary: 'Joins an app, as the signed-in user or with a new account.',
      body: { kind: 'json', schema: acceptInvitationSchema },
      answers: { 200: { description: 'Signed in.', schema: userSchema } },
      async handle(call) {
        const { req, res, change } = call;
        const { token, account } = parse(acceptInvitationSchema, req.body);
        const tokenHash = hashToken(token);
        // The link is checked first, so nobody without a link gets a password hashed.
        if ((await accounts.findInvitation(tokenHash)) === undefined) throw invitationGone();
        const who = await whoAccepts(call, account);
        const session = 'account' in who ? localAccounts.newSession(req) : undefined;
        const user = await change(async (edits) => {
          const accepted = await edits.acceptInvitation(tokenHash, who);
          if (accepted.kind !== 'accepted') throw REFUSED[accepted.kind]();
          const { user: result, invitation } = accepted;
          if (session !== undefined) await edits.createSession(session.of(result.id));
          return {
            result,
            app: invitation.appId,
            actor: { kind: 'user', id: result.id, name: result.email },
            details: { role: invitation.role },
          };
        });
        if (session !== undefined) {
          await session.send(res);
          await guesses.remember(session.origin, user.email);
        }
        res.json(user);
      },
    },
  ];

  async function whoAccepts(
    call: Call,
    account: NewAccount | undefined,
  ): Promise<{ account: NewUser } | { userId: string }> {
    const { principal } = call;
    if (account === undefined) {
      if (principal.kind === 'user') return { userId: principal.user.id };
      throw new DomainError('unauthorized', 'Sign in, or create an account.');
    }
    if (clerk !== undefined) {
      throw new DomainError('invalid', 'Clerk creates the accounts. Sign in first.');
    }
    const { email, name, password } = account;
    const passwordHash = await passwords.inTurn(callerOf(call), () => passwords.hash(password));
    return { account: { email, name, isAdministrator: false, passwordHash } };
  }
}

const REFUSED = {
  gone: invitationGone,
  wrong_email: () => new DomainError('forbidden', 'This invitation is for another email.'),
  email_taken: () =>
    new DomainError(
      'conflict',
      'An account with this email already exists. Sign in, then open the link again.',
    ),
};

function invitationGone(): DomainError {
  return new DomainError('not_found', 'This invitation was used or revoked, or has expired.');
}
