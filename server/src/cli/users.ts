import type { Command } from 'commander';
import type { CreatedLink, ErrorBody, LinkKind, User, UserList } from '@xray/core';
import type { Administrator } from '../administrator.js';
import { asAdministrator } from './ask.js';
import { UsageError, cell, type Terminal } from './terminal.js';

/** `xray users …` */
export function addUserCommands(program: Command, terminal: Terminal): void {
  const users = program.command('users').description('people who sign in');

  users
    .command('create')
    .description('create an account and print the link that sets its password')
    .argument('<email>', 'the email that the person signs in with')
    .option('--name <name>', 'the person’s name')
    .option('--administrator', 'make the person an administrator of the whole installation')
    .option('--json', 'print JSON')
    .action(
      async (email: string, options: { name?: string; administrator?: true; json?: true }) => {
        const { name, administrator: isAdministrator, json } = options;
        const { user, link } = await asAdministrator(terminal, async (administrator) => ({
          user: await administrator.call<User>('POST', '/api/users', {
            email,
            name,
            isAdministrator,
          }),
          // With Clerk there is no link: the server answers `conflict`.
          link: await administrator.call<CreatedLink | ErrorBody>(
            'POST',
            '/api/users/links',
            { email, kind: 'reset-password' },
            ['conflict'],
          ),
        }));
        if ('error' in link) {
          if (json) terminal.json({ user });
          else terminal.say(describeUser(user), '', link.error.message);
        } else if (json) terminal.json({ user, ...link });
        else printLink(terminal, link);
      },
    );

  users
    .command('list')
    .description('list all accounts')
    .option('--search <text>', 'part of a name or an email')
    .option('--json', 'print JSON')
    .action(async ({ search, json }: { search?: string; json?: true }) => {
      const items = await asAdministrator(terminal, (administrator) =>
        listUsers(administrator, search),
      );
      if (json) terminal.json({ items });
      else if (items.length === 0) terminal.say('No accounts.');
      else terminal.say(...items.map(describeUser));
    });

  addAdministratorCommand('make-administrator', true, 'give a person all rights in every app');
  addAdministratorCommand(
    'revoke-administrator',
    false,
    'revoke the rights of an administrator',
  ).alias('unmake-administrator');

  users
    .command('remove')
    .description(
      'delete an account with its sessions and memberships; API keys that it created keep working',
    )
    .argument('<email>', 'the person’s email')
    .option('--yes', 'do not ask for confirmation')
    .option('--json', 'print JSON')
    .action(async (email: string, { yes, json }: { yes?: true; json?: true }) => {
      await terminal.confirm(`This deletes the account of ${email}.`, email, yes ?? false);
      const removed = await asAdministrator(terminal, async (administrator) =>
        administrator.call<User>('DELETE', await userPath(administrator, email)),
      );
      if (json) terminal.json(removed);
      else terminal.say(`Deleted ${removed.email}.`);
    });

  addLinkCommand('reset-password', 'print a link that sets a new password and ends all sessions');
  addLinkCommand(
    'sign-in',
    'print a link that opens the dashboard signed in; it works for ten minutes',
  );

  function addAdministratorCommand(
    name: string,
    isAdministrator: boolean,
    description: string,
  ): Command {
    return users
      .command(name)
      .description(description)
      .argument('<email>', 'the person’s email')
      .option('--json', 'print JSON')
      .action(async (email: string, { json }: { json?: true }) => {
        const user = await asAdministrator(terminal, async (administrator) =>
          administrator.call<User>('PATCH', await userPath(administrator, email), {
            isAdministrator,
          }),
        );
        if (json) terminal.json(user);
        else terminal.say(describeUser(user));
      });
  }

  function addLinkCommand(kind: LinkKind, description: string): void {
    users
      .command(kind)
      .description(description)
      .argument('<email>', 'the person’s email')
      .option('--json', 'print JSON')
      .action(async (email: string, { json }: { json?: true }) => {
        const link = await asAdministrator(terminal, (administrator) =>
          makeLink(administrator, email, kind),
        );
        if (json) terminal.json(link);
        else printLink(terminal, link);
      });
  }
}

async function makeLink(
  administrator: Administrator,
  email: string,
  kind: LinkKind,
): Promise<CreatedLink> {
  return await administrator.call<CreatedLink>('POST', '/api/users/links', { email, kind });
}

async function listUsers(
  administrator: Administrator,
  search: string | undefined,
): Promise<UserList['items']> {
  const items: UserList['items'] = [];
  const query = new URLSearchParams({ limit: '200', ...(search !== undefined && { q: search }) });
  for (;;) {
    const page = await administrator.call<UserList>('GET', `/api/users?${query}`);
    items.push(...page.items);
    if (page.nextAfter === null) return items;
    query.set('after', page.nextAfter);
  }
}

/** @throws UsageError when no account has that address. */
async function userPath(administrator: Administrator, email: string): Promise<string> {
  const address = email.trim().toLowerCase();
  const found = (await listUsers(administrator, address)).find((user) => user.email === address);
  if (found === undefined) throw new UsageError(`There is no account with the email ${email}.`);
  return `/api/users/${found.id}`;
}

function printLink(terminal: Terminal, { link, expiresAt }: CreatedLink): void {
  terminal.say(link, '', `The link works once, until ${expiresAt}.`);
}

function describeUser(user: User): string {
  // The name comes last, so that no name makes its owner look like an administrator.
  return [user.email, user.isAdministrator ? 'administrator' : '-', user.name].map(cell).join('  ');
}
