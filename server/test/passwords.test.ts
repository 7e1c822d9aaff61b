import { setMaxListeners } from 'node:events';
import { gzipSync } from 'node:zlib';
import { hashPassword } from 'better-auth/crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { networkOf } from '#server/auth/client-address.js';
import { GuessLimit, type Origin } from '#server/auth/guess-limit.js';
import { Passwords } from '#server/auth/passwords.js';
import { WaitingLine } from '#server/waiting-line.js';
import { DRIVERS, driverInCi, freshServer, freshStore } from './support/databases.js';
import { post } from './support/http.js';
import {
  ADMINISTRATOR,
  PASSWORD,
  Visitor,
  WITH_ADMINISTRATOR,
  administratorOf,
  codeOf,
} from './support/people.js';
import { snapshot } from './support/snapshots.js';

const here = new AbortController().signal;
setMaxListeners(0, here);

/** A promise that the test ends. */
function deferred(): { promise: Promise<void>; end: () => void } {
  let end = (): void => {};
  const promise = new Promise<void>((resolve) => (end = resolve));
  return { promise, end };
}

function openPasswords(): Passwords {
  const passwords = new Passwords();
  onTestFinished(() => passwords.close());
  return passwords;
}

describe('a password', () => {
  test('verifies only against its own hash, including a hash stored by Better Auth', async () => {
    const passwords = openPasswords();
    for (const hash of [await passwords.hash(PASSWORD), await hashPassword(PASSWORD)]) {
      expect(await passwords.verify({ hash, password: PASSWORD })).toBe(true);
      expect(await passwords.verify({ hash, password: `${PASSWORD}x` })).toBe(false);
    }
  });

  test('is not hashed for a client that has disconnected', async () => {
    const passwords = openPasswords();
    const leaving = new AbortController();
    const done: string[] = [];
    const { promise, end } = deferred();
    const first = passwords.inTurn({ ip: '10.0.0.1', gone: here }, () => promise);
    const gone = passwords.inTurn({ ip: '10.0.0.2', gone: leaving.signal }, async () => {
      done.push('gone');
    });
    const staying = passwords.inTurn({ ip: '10.0.0.3', gone: here }, async () => {
      done.push('staying');
    });
    leaving.abort();
    end();
    await Promise.all([
      first,
      staying,
      expect(gone).rejects.toMatchObject({ code: 'unavailable' }),
    ]);
    expect(done).toEqual(['staying']);
  });

  test('waits in a bounded line, where each network has a share', async () => {
    const passwords = openPasswords();
    const { promise, end } = deferred();
    const first = passwords.inTurn({ ip: '10.0.0.1', gone: here }, () => promise);
    const ask = (ip: string) => passwords.inTurn({ ip, gone: here }, async () => 'done');
    const attempts = Array.from({ length: 50 }, () => ask('10.0.0.2'));
    const other = ask('10.0.0.3');
    const many = Array.from({ length: 50 }, (_, index) => ask(`10.1.0.${index}`));
    const settled = Promise.allSettled([...attempts, other, ...many]);
    end();
    await first;
    const results = (await settled).map(({ status }) => status === 'fulfilled');
    expect(results.slice(0, 50).filter(Boolean)).toHaveLength(16);
    expect(results[50]).toBe(true);
    expect(results.filter(Boolean)).toHaveLength(24);
  });
});

test('a line gives the next turn to the caller with the fewest running tasks', async () => {
  const line = new WaitingLine({ atOnce: 2, waiting: 9, patienceMs: 60_000 });
  const order: string[] = [];
  const works = new Map(['a1', 'a2', 'a3', 'b1', 'c1'].map((name) => [name, deferred()]));
  const all = [...works].map(([name, { promise }]) =>
    line.run(name.slice(0, 1), here, async () => {
      order.push(name);
      await promise;
    }),
  );
  for (const name of ['a1', 'b1', 'a2', 'c1', 'a3']) {
    await expect.poll(() => order).toContain(name);
    works.get(name)?.end();
  }
  await Promise.all(all);
  expect(order).toEqual(['a1', 'a2', 'b1', 'c1', 'a3']);
});

describe('many strangers who sign in at the same time', () => {
  let server: Awaited<ReturnType<typeof freshServer>>;
  beforeAll(async () => {
    server = await freshServer('pglite', WITH_ADMINISTRATOR);
  });
  afterAll(() => server.close());

  test('are refused after a few, and neither ingest nor other people are affected', async () => {
    const guess = async (n: number) =>
      await new Visitor(server.url).send('POST', '/api/auth/sign-in/email', {
        email: `stranger-${n}@example.org`,
        password: 'a wrong password',
      });
    const guesses = Promise.all(Array.from({ length: 50 }, (_, n) => guess(n)));
    const sent = await Promise.all(
      Array.from({ length: 20 }, () =>
        post(server.url, gzipSync(JSON.stringify(snapshot())), { 'content-encoding': 'gzip' }),
      ),
    );
    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([202]));
    const answers = await guesses;
    const refused = answers.filter(({ status }) => status === 503);
    expect(answers.length - refused.length).toBeLessThanOrEqual(25);
    expect(answers.filter(({ status }) => status === 401).length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(codeOf(answer)).toBe('unavailable');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    await administratorOf(server);
  });

  test('lock nobody out of a browser with which they have signed in before', async () => {
    const ada = await administratorOf(server);
    const stranger = new Visitor(server.url);
    const signIn = async (who: Visitor, password: string) =>
      (await who.send('POST', '/api/auth/sign-in/email', { email: ADMINISTRATOR, password }))
        .status;
    const guesses = await Promise.all(
      Array.from({ length: 12 }, () => signIn(new Visitor(server.url), 'a wrong password')),
    );
    expect(guesses).toContain(429);
    expect(await signIn(stranger, PASSWORD)).toBe(429);
    await ada.ask('POST', '/api/auth/sign-out', {});
    expect(await signIn(ada, PASSWORD)).toBe(200);
  });
});

describe.each(DRIVERS.filter((driver) => driverInCi('postgres').includes(driver)))(
  'guesses at one account, on %s',
  (driver) => {
    const ACCOUNT = 'ada@example.org';
    const at = (ip: string, device?: string): Origin => ({ ip, device });
    const wrong = async () => {
      throw new Error('wrong');
    };

    /** Whether an attempt is checked, or refused before. */
    async function isLookedAt(
      limit: GuessLimit,
      origin: Origin,
      attempt = wrong,
    ): Promise<boolean> {
      const failure = await limit.guard(origin, ACCOUNT, attempt).catch((error: unknown) => error);
      return (failure as { code?: string } | undefined)?.code !== 'rate_limited';
    }

    async function guessFrom(limit: GuessLimit, networks: number, tries: number): Promise<number> {
      let looked = 0;
      for (let network = 0; network < networks; network++) {
        for (let n = 0; n < tries; n++) {
          if (await isLookedAt(limit, at(`203.0.${network}.7`))) looked++;
        }
      }
      return looked;
    }

    test('by strangers everywhere lock out nobody from a place where they signed in before', async () => {
      const limit = new GuessLimit(await freshStore(driver), Date.now);
      await limit.remember(at('198.51.100.1', 'd'.repeat(22)), ACCOUNT);
      expect(await guessFrom(limit, 12, 11)).toBe(12 + 90);
      const right = async () => {};
      expect(await isLookedAt(limit, at('203.0.3.7'), right as never)).toBe(false);
      expect(await isLookedAt(limit, at('198.51.100.1'), right as never)).toBe(true);
      expect(await isLookedAt(limit, at('203.0.3.7', 'd'.repeat(22)), right as never)).toBe(true);
      expect(await isLookedAt(limit, at('192.0.2.200'), right as never)).toBe(true);
    });

    test('from a known place are still counted', async () => {
      const limit = new GuessLimit(await freshStore(driver), Date.now);
      await limit.remember(at('198.51.100.1', 'd'.repeat(22)), ACCOUNT);
      for (const origin of [at('198.51.100.1'), at('198.51.100.9', 'd'.repeat(22))]) {
        const looked: boolean[] = [];
        for (let n = 0; n < 12; n++) looked.push(await isLookedAt(limit, origin));
        expect(looked.filter(Boolean)).toHaveLength(10);
      }
    });
  },
);

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('the client at %s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
