import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_VIEWS, type AuditPage, type SavedView, type SavedViewList } from '@xray/core';
import { driverInCi, freshServer } from './support/databases.js';
import { Visitor, WITH_ADMINISTRATOR, administratorOf, codeOf } from './support/people.js';

const VIEWS = '/api/apps/shop/views';

describe.each(driverInCi('postgres'))('saved views on %s', (driver) => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  let ada: Visitor;
  let vera: Visitor;
  let ed: Visitor;
  beforeAll(async () => {
    server = await freshServer(driver, WITH_ADMINISTRATOR);
    ada = await administratorOf(server);
    for (const id of ['shop', 'rival']) await ada.ask('POST', '/api/apps', { id });
    vera = await ada.bring('shop', 'viewer', 'vera@example.org');
    ed = await ada.bring('shop', 'editor', 'ed@example.org');
  });
  afterAll(() => server.close());

  const namesFor = async (visitor: Visitor, where = VIEWS): Promise<string[]> => {
    const { items } = await visitor.ask<SavedViewList>('GET', where);
    return items.map(({ name }) => name);
  };

  test('belong to their owner until an editor shares them with the app', async () => {
    const privateView = {
      name: ' One customer ',
      params: { q: 'subject:customer/4711', sort: '-duration' },
    };
    const saved = await ed.ask<SavedView>('POST', VIEWS, privateView);
    expect(saved).toMatchObject({
      name: 'One customer',
      params: privateView.params,
      isShared: false,
      savedBy: 'ed@example.org',
    });
    expect(await namesFor(ed)).toEqual(['One customer']);
    // An administrator cannot see it either, because a view may show what its owner is looking for.
    for (const other of [vera, ada]) expect(await namesFor(other)).toEqual([]);
    const stolen = await ada.send('DELETE', `${VIEWS}/${saved.id}`);
    expect(stolen.status).toBe(404);

    await ed.ask('POST', VIEWS, { ...privateView, isShared: true });
    for (const each of [ed, vera, ada]) expect(await namesFor(each)).toEqual(['One customer']);
    expect(await namesFor(ada, '/api/apps/rival/views')).toEqual([]);
    const { key } = await ada.newKey('shop', { scopes: ['read'] });
    const read = await new Visitor(server.url).send('GET', VIEWS, undefined, { 'x-api-key': key });
    expect((read.body as SavedViewList).items).toHaveLength(1);
  });

  test('a viewer keeps their own, and neither shares views nor deletes shared ones', async () => {
    const failures = { name: 'failures', params: { q: 'status:failed' } };
    const privateView = await vera.ask<SavedView>('POST', VIEWS, failures);
    const shared = await ed.ask<SavedView>('POST', VIEWS, { ...failures, isShared: true });
    const refused = await vera.send('POST', VIEWS, { ...failures, isShared: true });
    expect([refused.status, codeOf(refused)]).toEqual([403, 'forbidden']);
    expect((await vera.send('DELETE', `${VIEWS}/${shared.id}`)).status).toBe(403);
    expect(await namesFor(vera)).toContain('failures');
    await vera.ask('DELETE', `${VIEWS}/${privateView.id}`);
    expect((await vera.send('DELETE', `${VIEWS}/${privateView.id}`)).status).toBe(404);
    await ed.ask('DELETE', `${VIEWS}/${shared.id}`);
    expect(await namesFor(vera)).not.toContain('failures');
  });

  test('a second view with the same name replaces the first', async () => {
    await vera.ask('POST', VIEWS, { name: 'week', params: { from: '-7d' } });
    await vera.ask('POST', VIEWS, { name: 'week', params: { from: '-7d', by: 'status' } });
    const { items } = await vera.ask<SavedViewList>('GET', VIEWS);
    const weeks = items.filter(({ name }) => name === 'week');
    expect(weeks.map(({ params }) => params)).toEqual([{ from: '-7d', by: 'status' }]);
  });

  test('a person who may delete a view may rename it, but not to the name of another view', async () => {
    const paul = await ada.bring('shop', 'viewer', 'paul@example.org');
    const privateView = await paul.ask<SavedView>('POST', VIEWS, {
      name: 'a',
      params: { q: 'tag:eu' },
    });
    await paul.ask('POST', VIEWS, { name: 'taken', params: {} });
    const rename = async (who: Visitor, view: SavedView, name: string) =>
      await who.send('PATCH', `${VIEWS}/${view.id}`, { name });

    const renamed = await rename(paul, privateView, ' The union ');
    expect(renamed.status).toBe(200);
    expect(renamed.body).toEqual({ ...privateView, name: 'The union' });
    // A name in use is refused, and nothing is lost. The view's own name is allowed.
    expect(codeOf(await rename(paul, privateView, 'taken'))).toBe('conflict');
    expect((await rename(paul, privateView, 'The union')).status).toBe(200);
    expect(codeOf(await rename(paul, privateView, '  '))).toBe('invalid');
    expect(await namesFor(paul)).toEqual(expect.arrayContaining(['taken', 'The union']));
    for (const other of [ed, ada])
      expect((await rename(other, privateView, 'mine')).status).toBe(404);

    const shared = await ed.ask<SavedView>('POST', VIEWS, {
      name: 'taken',
      params: {},
      isShared: true,
    });
    expect((await rename(paul, shared, 'x')).status).toBe(403);
    expect((await rename(ed, shared, 'of the team')).status).toBe(200);
    const { items } = await ada.ask<AuditPage>('GET', '/api/apps/shop/audit?limit=1');
    expect(items[0]).toMatchObject({
      action: 'view.rename',
      actor: { name: 'ed@example.org' },
      target: shared.id,
      details: { isShared: true },
    });
    expect(JSON.stringify(items)).not.toContain('of the team');
    await ed.ask('DELETE', `${VIEWS}/${shared.id}`);
  });

  test('one of two people who choose the same name at once is refused', async () => {
    const [first, second] = await Promise.all(
      ['first', 'second'].map(
        async (name) => await ed.ask<SavedView>('POST', VIEWS, { name, params: {} }),
      ),
    );
    const answers = await Promise.all(
      [first, second].map(
        async (view) => await ed.send('PATCH', `${VIEWS}/${view?.id}`, { name: 'the same' }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });

  test('store only the parameters of a list, and no more than the limit', async () => {
    const unknown = await vera.send('POST', VIEWS, { name: 'x', params: { app: 'rival' } });
    expect(codeOf(unknown)).toBe('invalid');
    expect(codeOf(await vera.send('POST', VIEWS, { name: '  ', params: {} }))).toBe('invalid');
    const uma = await ada.bring('shop', 'viewer', 'uma@example.org');
    const save = async (index: number) =>
      await uma.send('POST', VIEWS, { name: `view ${index}`, params: {} });
    const answers = await Promise.all(Array.from({ length: MAX_VIEWS + 3 }, (_, i) => save(i)));
    expect(answers.map(({ status }) => status).filter((status) => status === 409)).toHaveLength(3);
    // Replacing a view needs no room.
    const kept = answers.findIndex(({ status }) => status === 201);
    expect((await save(kept)).status).toBe(201);
  });

  test('a removed member’s own views are deleted, and their shared ones stay', async () => {
    const gone = await ada.bring('shop', 'editor', 'gone@example.org');
    await gone.ask('POST', VIEWS, { name: 'mine', params: {} });
    await gone.ask('POST', VIEWS, { name: 'everybody’s', params: {}, isShared: true });
    const { id } = await gone.ask<{ id: string }>('GET', '/api/me');
    await ada.ask('DELETE', `/api/apps/shop/members/${id}`);
    await ada.ask('PATCH', `/api/users/${id}`, { isAdministrator: true });
    expect(await namesFor(gone)).toContain('everybody’s');
    expect(await namesFor(gone)).not.toContain('mine');
  });

  test('the audit log says who, but neither a name nor a filter, because it is never erased', async () => {
    await ed.ask('POST', VIEWS, { name: 'Jane Roe', params: { q: 'subject:customer/jane-roe' } });
    const { items } = await ada.ask<AuditPage>('GET', '/api/apps/shop/audit?limit=1');
    expect(items[0]).toMatchObject({
      action: 'view.save',
      actor: { name: 'ed@example.org' },
      details: { isShared: false },
    });
    expect(JSON.stringify(items).toLowerCase()).not.toContain('jane');
  });
});
