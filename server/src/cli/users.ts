import type { Command } from 'commander';
import type { CreatedLink, LinkKind, User, UserList } from '@xray/core';
import type { Administrator } from '../administrator.js';
import { asAdministrator } from './ask.js';
import { printJson, say } from './terminal.js';

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
        const created = await asAdministrator(async (administrator) => ({
          user: await administrator.call<User>('POST', '/api/users', {
            email,
            name,
            isAdministrator,
          }),
          ...(await makeLink(administrator, email, 'reset-password')),
        }));
        if (json) printJson(created);
        else tell(created);
      },
    );

  users
    .command('list')
    .description('list everybody who has an account')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }) => {
      const list = await asAdministrator((administrator) =>
        administrator.call<UserList>('GET', '/api/users'),
      );
      if (json) printJson(list);
      else say(list.items.length === 0 ? 'Nobody.' : list.items.map(describeUser).join('\n'));
    });

  addLinkCommand('reset-password', 'print a link that sets a new password, and ends all sessions');
  addLinkCommand(
    'sign-in',
    'print a link that opens the dashboard signed in; it lives ten minutes',
  );

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

function tell({ link, expiresAt }: CreatedLink): void {
  say(`${link}\n\nIt works once, until ${expiresAt}.`);
}

function describeUser(user: User): string {
  return `${user.email}  ${user.name}${user.isAdministrator ? '  administrator' : ''}`;
}
