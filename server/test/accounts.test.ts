import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type {
  AppList,
  CreatedInvitation,
  InvitationList,
  Me,
  PublicConfig,
  UserList,
} from '@xray/core';
import { startServer } from '#server/main.js';
import {
  APP,
  driverInCi,
  configFor,
  freshServer,
  newPlace,
  type DriverName,
} from './support/databases.js';
import {
  ADMINISTRATOR,
  PASSWORD,
  Visitor,
  WITH_ADMINISTRATOR,
  administratorOf,
  codeOf,
  linkFor,
  tokenOf,
} from './support/people.js';

/** A shared server for the tests that do not mind other people in it. */
let server: Awaited<ReturnType<typeof freshServer>>;
beforeAll(async () => {
  server = await freshServer('pglite', WITH_ADMINISTRATOR);
});
afterAll(() => server.close());

async function serverOfOnesOwn(
  env: Record<string, string>,
  driver: DriverName = 'pglite',
): Promise<typeof server> {
  const own = await freshServer(driver, env);
  onTestFinished(() => own.close());
  return own;
}

describe.each(driverInCi('postgres'))('the set-up link on %s', (driver) => {
  test('creates one administrator if four people claim it at once, and refuses everybody later', async () => {
    const server = await serverOfOnesOwn({}, driver);
    const token = tokenOf(server.setupLink ?? '');
    const claim = async (email: string) =>
      await new Visitor(server.url).send('POST', '/api/setup', {
        token,
        email,
        name: 'First',
        password: PASSWORD,
      });
    const answers = await Promise.all([1, 2, 3, 4].map((n) => claim(`first${n}@example.org`)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404, 404, 404]);
    expect((await claim('late@example.org')).status).toBe(404);
    const winner = new Visitor(server.url);
    await winner.signIn((answers.find(({ status }) => status === 200)?.body as Me)?.email ?? '');
    expect(await winner.ask('GET', '/api/users')).toMatchObject({
      items: [{ isAdministrator: true }],
    });
  });

  test('survives a wrong token, a weak password and a restart', async () => {
    const place = await newPlace(driver);
    const first = await startServer(configFor(place));
    const visitor = new Visitor(first.url);
    const account = { email: 'first@example.org', name: 'First', password: PASSWORD };
    const token = tokenOf(first.setupLink ?? '');
    const wrong = await visitor.send('POST', '/api/setup', { ...account, token: `${token}x` });
    expect(wrong.status).toBe(404);
    const weak = await visitor.send('POST', '/api/setup', { ...account, token, password: 'short' });
    expect(weak.status).toBe(400);
    await first.stop();
    const second = await startServer(configFor(place));
    expect(tokenOf(second.setupLink ?? '')).toBe(token);
    const again = new Visitor(second.url);
    expect(await again.ask('GET', '/api/config')).toMatchObject({ signIn: { needsSetup: true } });
    await again.ask('POST', '/api/setup', { ...account, token });
    expect(await again.ask<Me>('GET', '/api/me')).toMatchObject({ isAdministrator: true });
    await second.stop();
    const third = await startServer(configFor(place));
    expect(third.setupLink).toBeUndefined();
    await third.stop();
    await place.remove();
  });
});

test('an unattended start creates the administrator from its settings, once', async () => {
  const place = await newPlace('pglite');
  const first = await startServer(configFor(place, WITH_ADMINISTRATOR));
  expect(first.setupLink).toBeUndefined();
  await administratorOf(first);
  await first.stop();
  const changed = { ...WITH_ADMINISTRATOR, XRAY_INIT_USER_PASSWORD: 'another password altogether' };
  const second = await startServer(configFor(place, changed));
  await administratorOf(second);
  await second.stop();
  await place.remove();
});

describe('a session', () => {
  test('is a cookie that scripts cannot read and other sites cannot send, and ends with the sign-out', async () => {
    const visitor = new Visitor(server.url);
    expect(await visitor.ask('GET', '/api/me')).toBeNull();
    const answer = await visitor.send('POST', '/api/auth/sign-in/email', {
      email: ADMINISTRATOR.toUpperCase(),
      password: PASSWORD,
    });
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Lax/);
    expect(cookie).not.toMatch(/; Secure/);
    expect(await visitor.ask('GET', '/api/me')).toMatchObject({ email: ADMINISTRATOR });
    const stolen = new Visitor(server.url);
    stolen.cookie = visitor.cookie;
    await visitor.ask('POST', '/api/auth/sign-out', {});
    expect(await stolen.ask('GET', '/api/me')).toBeNull();
  });

  test('uses secure cookies where there is TLS', async () => {
    const server = await serverOfOnesOwn({
      ...WITH_ADMINISTRATOR,
      XRAY_PUBLIC_URL: 'https://x-ray.example',
    });
    const answer = await new Visitor(server.url).send('POST', '/api/auth/sign-in/email', {
      email: ADMINISTRATOR,
      password: PASSWORD,
    });
    expect(answer.headers.getSetCookie()[0]).toMatch(/; Secure/);
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
  });

  test('cannot be fixed by somebody else before the sign-in', async () => {
    const attacker = await administratorOf(server);
    await attacker.ask('POST', '/api/auth/sign-out', {});
    const victim = new Visitor(server.url);
    victim.cookie = attacker.cookie === '' ? 'xray.session_token=chosen.chosen' : attacker.cookie;
    const planted = victim.cookie;
    await victim.signIn(ADMINISTRATOR);
    expect(victim.cookie).not.toBe(planted);
    const withPlanted = new Visitor(server.url);
    withPlanted.cookie = planted;
    expect(await withPlanted.ask('GET', '/api/me')).toBeNull();
  });

  test('is refused if its signature is not ours', async () => {
    const ada = await administratorOf(server);
    const forged = new Visitor(server.url);
    forged.cookie = ada.cookie.replace(/\.[^.]*$/, `.${'A'.repeat(43)}%3D`);
    expect(await forged.ask('GET', '/api/me')).toBeNull();
  });

  test('ends for other browsers when the password is changed or reset', async () => {
    const [here, there] = [await administratorOf(server), await administratorOf(server)];
    const newPassword = 'an even longer passphrase';
    await here.ask('POST', '/api/auth/change-password', { currentPassword: PASSWORD, newPassword });
    expect(await there.ask('GET', '/api/me')).toBeNull();
    expect(await here.ask('GET', '/api/me')).not.toBeNull();
    const token = await linkFor(server.place, 'reset-password', ADMINISTRATOR);
    const reset = new Visitor(server.url);
    await reset.ask('POST', '/api/auth/reset-password', { token, password: PASSWORD });
    expect(await here.ask('GET', '/api/me')).toBeNull();
    expect(await reset.ask('GET', '/api/me')).not.toBeNull();
    const twice = await reset.send('POST', '/api/auth/reset-password', {
      token,
      password: PASSWORD,
    });
    expect(twice.status).toBe(404);
  });

  test('opens with a one-time link from the command line', async () => {
    const token = await linkFor(server.place, 'sign-in', ADMINISTRATOR);
    const answers = await Promise.all(
      [1, 2, 3].map(() =>
        new Visitor(server.url).send('POST', '/api/auth/sign-in/link', { token }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404, 404]);
  });
});

describe('guessing passwords', () => {
  test('is refused after ten wrong passwords, even with the right one, while others can still sign in', async () => {
    const server = await serverOfOnesOwn(WITH_ADMINISTRATOR);
    const ada = await administratorOf(server);
    await ada.ask('POST', '/api/apps', { id: 'shop' });
    await ada.bring('shop', 'viewer', 'vera@example.org');
    const guess = async (email: string, password: string) =>
      await new Visitor(server.url).send('POST', '/api/auth/sign-in/email', { email, password });
    const guesses = await Promise.all(
      Array.from({ length: 12 }, (_, n) => guess(ADMINISTRATOR, `wrong ${n}`)),
    );
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10);
    const refused = guesses.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await guess(ADMINISTRATOR, PASSWORD)).status).toBe(429);
    expect((await guess('vera@example.org', PASSWORD)).status).toBe(200);
  });

  test('is counted for all servers of a database together', async () => {
    const place = await newPlace('postgres');
    const servers = await Promise.all(
      [1, 2].map(() => startServer(configFor(place, WITH_ADMINISTRATOR))),
    );
    onTestFinished(async () => {
      await Promise.all(servers.map((server) => server.stop()));
      await place.remove();
    });
    const guess = async (n: number, password: string) =>
      await new Visitor(servers[n % 2]?.url ?? '').send('POST', '/api/auth/sign-in/email', {
        email: ADMINISTRATOR,
        password,
      });
    // Successful sign-ins in between are not counted.
    for (const n of [0, 1]) expect((await guess(n, PASSWORD)).status).toBe(200);
    const guesses = await Promise.all(Array.from({ length: 14 }, (_, n) => guess(n, `wrong ${n}`)));
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(4);
    for (const n of [0, 1]) expect((await guess(n, PASSWORD)).status).toBe(429);
  });

  test('does not reveal who has an account', async () => {
    const guess = async (email: string) => {
      const visitor = new Visitor(server.url);
      const answer = await visitor.send('POST', '/api/auth/sign-in/email', {
        email,
        password: 'wrong',
      });
      const { error } = answer.body as { error: { code: string; message: string } };
      return { status: answer.status, code: error.code, message: error.message };
    };
    expect(await guess('nobody@example.org')).toEqual(await guess(ADMINISTRATOR));
  });
});

describe('an invitation', () => {
  test('adds one member if two people accept it at once', async () => {
    const ada = await administratorOf(server);
    await ada.ask('POST', '/api/apps', { id: 'inviting' });
    const token = await ada.invite('inviting', 'viewer');
    const preview = await new Visitor(server.url).send('POST', '/api/invitations/preview', {
      token,
    });
    expect(preview.body).toMatchObject({ appId: 'inviting', role: 'viewer' });
    const accept = async (email: string) =>
      await new Visitor(server.url).send('POST', '/api/invitations/accept', {
        token,
        account: { email, name: 'New', password: PASSWORD },
      });
    const answers = await Promise.all([accept('one@example.org'), accept('two@example.org')]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404]);
    expect(await ada.ask('GET', '/api/apps/inviting/members')).toMatchObject({
      items: [{ role: 'viewer' }],
    });
  });

  test('is for the address that it names, and stays open if another person tries it', async () => {
    const ada = await administratorOf(server);
    const token = await ada.invite(APP, 'viewer', 'Victor@Example.org');
    const visitor = new Visitor(server.url);
    const account = { email: 'eve@example.org', name: 'Eve', password: PASSWORD };
    const wrong = await visitor.send('POST', '/api/invitations/accept', { token, account });
    expect(wrong.status).toBe(403);
    await visitor.ask('POST', '/api/invitations/accept', {
      token,
      account: { ...account, email: 'victor@example.org' },
    });
    expect(await visitor.ask<AppList>('GET', '/api/apps')).toMatchObject({
      items: [{ id: APP, role: 'viewer' }],
    });
  });

  test('cannot take over an account, but adds its owner when they are signed in', async () => {
    const ada = await administratorOf(server);
    await ada.ask('POST', '/api/apps', { id: 'shop' });
    const vera = await ada.bring(APP, 'viewer', 'vera@example.org');
    const token = await ada.invite('shop', 'editor');
    const account = { email: 'vera@example.org', name: 'Eve', password: 'a password of my own' };
    const taken = await new Visitor(server.url).send('POST', '/api/invitations/accept', {
      token,
      account,
    });
    expect(codeOf(taken)).toBe('conflict');
    await vera.ask('POST', '/api/invitations/accept', { token });
    const { items } = await vera.ask<AppList>('GET', '/api/apps');
    expect(items.map(({ id, role }) => [id, role])).toEqual([
      [APP, 'viewer'],
      ['shop', 'editor'],
    ]);
  });

  test('does not work after it was revoked', async () => {
    const ada = await administratorOf(server);
    const { link, invitation } = await ada.ask<CreatedInvitation>(
      'POST',
      `/api/apps/${APP}/invitations`,
      { role: 'owner' },
    );
    await ada.ask('DELETE', `/api/apps/${APP}/invitations/${invitation.id}`);
    const preview = await ada.send('POST', '/api/invitations/preview', { token: tokenOf(link) });
    expect(preview.status).toBe(404);
  });

  test('can raise a role and never lowers one', async () => {
    const ada = await administratorOf(server);
    await ada.ask('POST', '/api/apps', { id: 'higher' });
    const olga = await ada.bring('higher', 'owner', 'olga@higher.example');
    const token = await ada.invite('higher', 'viewer');
    await olga.ask('POST', '/api/invitations/accept', { token });
    expect(await olga.ask<AppList>('GET', '/api/apps')).toMatchObject({
      items: [{ id: 'higher', role: 'owner' }],
    });
  });

  const endings: [
    string,
    (ada: Visitor, id: string) => Promise<unknown>,
    isAdministrator?: boolean,
  ][] = [
    ['was removed from the app', (ada, id) => ada.ask('DELETE', `/api/apps/ending/members/${id}`)],
    [
      'is owner no longer',
      (ada, id) => ada.ask('PUT', `/api/apps/ending/members/${id}`, { role: 'editor' }),
    ],
    ['has no account any more', (ada, id) => ada.ask('DELETE', `/api/users/${id}`)],
    [
      'is administrator no longer',
      (ada, id) => ada.ask('PATCH', `/api/users/${id}`, { isAdministrator: false }),
      true,
    ],
  ];
  test.each(endings)(
    'is void when the person who made it %s',
    async (name, end, isAdministrator = false) => {
      const ada = await administratorOf(server);
      await ada.send('POST', '/api/apps', { id: 'ending' });
      const email = `${name.replaceAll(' ', '-')}@example.org`;
      const app = isAdministrator ? APP : 'ending';
      const maker = await ada.bring(app, isAdministrator ? 'viewer' : 'owner', email);
      const { id } = await maker.ask<NonNullable<Me>>('GET', '/api/me');
      if (isAdministrator) await ada.ask('PATCH', `/api/users/${id}`, { isAdministrator: true });
      const token = await maker.invite('ending', 'owner');
      const stays = await ada.invite('ending', 'viewer');
      await end(ada, id);
      const preview = await ada.send('POST', '/api/invitations/preview', { token });
      const account = { email: `again-${email}`, name: 'Again', password: PASSWORD };
      const answers = [
        preview,
        await maker.send('POST', '/api/invitations/accept', { token }),
        await new Visitor(server.url).send('POST', '/api/invitations/accept', { token, account }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
      const { items } = await ada.ask<InvitationList>('GET', '/api/apps/ending/invitations');
      expect(items.filter(({ invitedBy }) => invitedBy === email)).toEqual([]);
      const again = await ada.send('POST', '/api/invitations/preview', { token: stays });
      expect(again.status).toBe(200);
    },
  );

  test('stays void when the person who made it becomes owner again', async () => {
    const ada = await administratorOf(server);
    await ada.send('POST', '/api/apps', { id: 'ending' });
    const olga = await ada.bring('ending', 'owner', 'olga@ending.example');
    const { id } = await olga.ask<NonNullable<Me>>('GET', '/api/me');
    const token = await olga.invite('ending', 'owner');
    for (const role of ['viewer', 'owner']) {
      await ada.ask('PUT', `/api/apps/ending/members/${id}`, { role });
    }
    expect((await ada.send('POST', '/api/invitations/preview', { token })).status).toBe(404);
  });
});

test('an older link stops working when the password is set', async () => {
  const ada = await administratorOf(server);
  await ada.bring(APP, 'viewer', 'lena@example.org');
  const [signIn, first, second] = [
    await linkFor(server.place, 'sign-in', 'lena@example.org'),
    await linkFor(server.place, 'reset-password', 'lena@example.org'),
    await linkFor(server.place, 'reset-password', 'lena@example.org'),
  ];
  const lena = new Visitor(server.url);
  await lena.ask('POST', '/api/auth/reset-password', { token: first, password: PASSWORD });
  const answers = [
    await lena.send('POST', '/api/auth/sign-in/link', { token: signIn }),
    await lena.send('POST', '/api/auth/reset-password', { token: second, password: PASSWORD }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([404, 404]);
});

test('a changed or removed role applies to the next request', async () => {
  const ada = await administratorOf(server);
  const roland = await ada.bring(APP, 'viewer', 'roland@example.org');
  const { id } = await roland.ask<NonNullable<Me>>('GET', '/api/me');
  expect((await roland.send('GET', `/api/apps/${APP}/keys`)).status).toBe(403);
  await ada.ask('PUT', `/api/apps/${APP}/members/${id}`, { role: 'editor' });
  expect((await roland.send('GET', `/api/apps/${APP}/keys`)).status).toBe(200);
  await ada.ask('DELETE', `/api/apps/${APP}/members/${id}`);
  expect((await roland.send('GET', `/api/apps/${APP}/executions`)).status).toBe(404);
  expect(await roland.ask('GET', '/api/apps')).toEqual({ items: [] });
});

describe('the list of all people', () => {
  test('can be searched by name or address, and is read in pages', async () => {
    const server = await serverOfOnesOwn(WITH_ADMINISTRATOR);
    const ada = await administratorOf(server);
    for (const name of ['anna', 'bert', 'cleo']) {
      await ada.bring(APP, 'viewer', `${name}@example.org`);
    }
    const page = async (query: string) => await ada.ask<UserList>('GET', `/api/users?${query}`);
    const first = await page('limit=3');
    expect(first.items.map(({ email }) => email)).toEqual([
      ADMINISTRATOR,
      'anna@example.org',
      'bert@example.org',
    ]);
    expect(first.items.map(({ appCount }) => appCount)).toEqual([0, 1, 1]);
    const rest = await page(`limit=3&after=${first.nextAfter}`);
    expect(rest).toMatchObject({ items: [{ email: 'cleo@example.org' }], nextAfter: null });
    const emails = async (q: string) =>
      (await page(`q=${encodeURIComponent(q)}`)).items.map(({ email }) => email);
    expect(await emails('BERT')).toEqual(['bert@example.org']);
    expect(await emails('%')).toEqual([]);
    expect(await emails('_nna')).toEqual([]);
  });

  test.each(driverInCi('postgres'))('never loses the last administrator, on %s', async (driver) => {
    const server = await serverOfOnesOwn(WITH_ADMINISTRATOR, driver);
    const ada = await administratorOf(server);
    const bert = await ada.bring(APP, 'viewer', 'bert@example.org');
    const idOf = async (visitor: Visitor) => (await visitor.ask<Me>('GET', '/api/me'))?.id ?? '';
    const [adaId, bertId] = [await idOf(ada), await idOf(bert)];
    const set = async (who: Visitor, id: string, isAdministrator: boolean) =>
      await who.send('PATCH', `/api/users/${id}`, { isAdministrator });
    expect((await set(bert, bertId, true)).status).toBe(403);
    expect(codeOf(await set(ada, adaId, false))).toBe('conflict');
    expect(codeOf(await ada.send('DELETE', `/api/users/${adaId}`))).toBe('conflict');
    expect((await set(ada, bertId, true)).status).toBe(200);
    // Each revokes the right of the other. One of them keeps it.
    const answers = await Promise.all([set(ada, bertId, false), set(bert, adaId, false)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const administrators = await Promise.all(
      [ada, bert].map(
        async (visitor) => (await visitor.ask<Me>('GET', '/api/me'))?.isAdministrator,
      ),
    );
    expect(administrators.filter(Boolean)).toHaveLength(1);
    expect((await ada.send('DELETE', '/api/users/none')).status).toBe(
      administrators[0] === true ? 404 : 403,
    );
  });

  test('removes a person at once, wherever they are signed in', async () => {
    const ada = await administratorOf(server);
    const gone = await ada.bring(APP, 'owner', 'gone@example.org');
    const token = await linkFor(server.place, 'sign-in', 'gone@example.org');
    const { id } = await gone.ask<NonNullable<Me>>('GET', '/api/me');
    await ada.ask('DELETE', `/api/users/${id}`);
    expect(await gone.ask('GET', '/api/me')).toBeNull();
    expect((await gone.send('GET', `/api/apps/${APP}/executions`)).status).toBe(401);
    const link = await new Visitor(server.url).send('POST', '/api/auth/sign-in/link', { token });
    expect(link.status).toBe(404);
    const { items } = await ada.ask<{ items: { email: string }[] }>(
      'GET',
      `/api/apps/${APP}/members`,
    );
    expect(items.map(({ email }) => email)).not.toContain('gone@example.org');
  });
});

test('the page learns that the set-up is done', async () => {
  const { signIn } = await new Visitor(server.url).ask<PublicConfig>('GET', '/api/config');
  expect(signIn).toEqual({ kind: 'local', needsSetup: false });
});
