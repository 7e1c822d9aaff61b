import type { Command } from 'commander';
import type { CreatedLink, ErrorBody, LinkKind, User, UserList } from '@xray/core';
import type { Administrator } from '../administrator.js';
import { asAdministrator } from './ask.js';
import { UsageError, confirm, printJson, say } from './terminal.js';

/** `xray users …` */
export function addUserCommands(program: Command): void {
  const users = program.command('users').description('people who sign in');

  users
    .command('create')
    .description('make an account and print the link that sets its password')
    .argument('<email>', 'the address they sign in with')
    .option('--name <name>', 'how they are called')
    .option('--administrator', 'of the whole installation')
    .option('--json', 'print JSON')
    .action(
      async (email: string, options: { name?: string; administrator?: true; json?: true }) => {
        const { name, administrator: isAdministrator, json } = options;
        const { user, link } = await asAdministrator(async (administrator) => ({
          user: await administrator.call<User>('POST', '/api/users', {
            email,
            name,
            isAdministrator,
          }),
          // Where Clerk signs people in there is no link to be had.
          link: await administrator.call<CreatedLink | ErrorBody>(
            'POST',
            '/api/users/links',
            { email, kind: 'reset-password' },
            ['conflict'],
          ),
        }));
        if ('error' in link) {
          if (json) printJson({ user });
          else say(`${describeUser(user)}\n\n${link.error.message}`);
        } else if (json) printJson({ user, ...link });
        else tell(link);
      },
    );

  users
    .command('list')
    .description('list everybody who has an account')
    .option('--search <text>', 'part of a name or an address')
    .option('--json', 'print JSON')
    .action(async ({ search, json }: { search?: string; json?: true }) => {
      const items = await asAdministrator((administrator) => listUsers(administrator, search));
      if (json) printJson({ items });
      else say(items.length === 0 ? 'Nobody.' : items.map(describeUser).join('\n'));
    });

  addAdministratorCommand('make-administrator', true, 'give the right to do everything everywhere');
  addAdministratorCommand('unmake-administrator', false, 'take that right away again');

  users
    .command('remove')
    .description('take an account away, with its sessions and memberships; its keys go on working')
    .argument('<email>', 'whose')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action(async (email: string, { yes, json }: { yes?: true; json?: true }) => {
      await confirm(`This takes the account of ${email} away.`, email, yes ?? false);
      const removed = await asAdministrator(async (administrator) =>
        administrator.call<User>('DELETE', await userPath(administrator, email)),
      );
      if (json) printJson(removed);
      else say(`${removed.email} is gone.`);
    });

  addLinkCommand('reset-password', 'print a link that sets a new password, and ends all sessions');
  addLinkCommand(
    'sign-in',
    'print a link that opens the dashboard signed in; it lives ten minutes',
  );

  function addAdministratorCommand(
    name: string,
    isAdministrator: boolean,
    description: string,
  ): void {
    users
      .command(name)
      .description(description)
      .argument('<email>', 'whose')
      .option('--json', 'print JSON')
      .action(async (email: string, { json }: { json?: true }) => {
        const user = await asAdministrator(async (administrator) =>
          administrator.call<User>('PATCH', await userPath(administrator, email), {
            isAdministrator,
          }),
        );
        if (json) printJson(user);
        else say(describeUser(user));
      });
  }

  function addLinkCommand(kind: LinkKind, description: string): void {
    users
      .command(kind)
      .description(description)
      .argument('<email>', 'whose')
      .option('--json', 'print JSON')
      .action(async (email: string, { json }: { json?: true }) => {
        const link = await asAdministrator((administrator) => makeLink(administrator, email, kind));
        if (json) printJson(link);
        else tell(link);
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

/** @throws UsageError when nobody has that address. */
async function userPath(administrator: Administrator, email: string): Promise<string> {
  const address = email.trim().toLowerCase();
  const found = (await listUsers(administrator, address)).find((user) => user.email === address);
  if (found === undefined) throw new UsageError(`There is no account of ${email}.`);
  return `/api/users/${found.id}`;
}

function tell({ link, expiresAt }: CreatedLink): void {
  say(`${link}\n\nIt works once, until ${expiresAt}.`);
}

function describeUser(user: User): string {
  return `${user.email}  ${user.name}${user.isAdministrator ? '  administrator' : ''}`;
}
