import { createHash } from 'node:crypto';
import { DomainError } from '../errors.js';
import type { GuessCount } from '../store/access-store.js';
import { networkOf } from './client-address.js';
import type { AccountStore } from '../store/account-store.js';

const WINDOW_MS = 15 * 60_000;
/** How long a place stays known after the last sign-in from it, in ms. */
const KNOWN_MS = 90 * 24 * 3_600_000;

/** The limit of wrong passwords in a window from one network, for any account. */
const OF_NETWORK = 50;
/** The limit from one network or one known browser, for one account. */
const OF_PAIR = 10;
/** The limit for one account, from all networks that it has not signed in from. */
const OF_ACCOUNT = 100;
/**
 * The same limit for the first try from a network. It is higher, so that a person in a new place
 * can still sign in during an attack.
 */
const OF_ACCOUNT_AT_FIRST = 300;

/** The origin of a request. */
export interface Origin {
  ip: string;
  /** The id in the browser's cookie, if it has one. */
  device: string | undefined;
}

type GuessStore = Pick<
  AccountStore,
  'countGuesses' | 'forgiveGuesses' | 'knownPlaces' | 'rememberPlaces'
>;

/**
 * Slows down password guessing, for all servers of a database together. A correct password is not
 * counted. A browser or network that has signed in to the account has its own counter, so strangers
 * cannot lock it out.
 */
export class GuessLimit {
  readonly #store: GuessStore;
  readonly #now: () => number;

  constructor(store: GuessStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /**
   * Counts an attempt before its password is checked, so that many parallel attempts cannot pass
   * the limit. If `attempt` succeeds, the count is taken back.
   *
   * @throws DomainError rate_limited
   */
  async guard<T>(origin: Origin, email: string, attempt: () => Promise<T>): Promise<T> {
    const counted = await this.#count(origin, accountOf(email));
    const result = await attempt();
    await this.#store.forgiveGuesses(counted);
    return result;
  }

  /** Remembers that somebody has signed in to this account from this place. */
  async remember(origin: Origin, email: string): Promise<void> {
    await this.#store.rememberPlaces(Object.values(placesOf(origin, accountOf(email))), KNOWN_MS);
  }

  /** Adds one to the counters that apply, and returns their keys. */
  async #count({ ip, device }: Origin, account: string): Promise<string[]> {
    const places = placesOf({ ip, device }, account);
    const known = await this.#store.knownPlaces(Object.values(places));
    const network = networkOf(ip);
    if (places.device !== undefined && known.includes(places.device)) {
      return await this.#countEach({ [keyOf('device', `${device} ${account}`)]: OF_PAIR });
    }
    const pair = keyOf('pair', `${network} ${account}`);
    if (known.includes(places.network)) return await this.#countEach({ [pair]: OF_PAIR });
    // The network is counted first. A refused network then adds no rows for invented accounts.
    const ofNetwork = await this.#countEach({ [keyOf('ip', network)]: OF_NETWORK });
    const ofAccount = keyOf('email', account);
    const keys = [pair, ofAccount];
    const counts = await this.#store.countGuesses(keys, WINDOW_MS);
    const isFirst = counts.some(({ key, count }) => key === pair && count === 1);
    const limits = { [pair]: OF_PAIR, [ofAccount]: isFirst ? OF_ACCOUNT_AT_FIRST : OF_ACCOUNT };
    await this.#refuseBeyond(limits, counts, [...ofNetwork, ...keys]);
    return [...ofNetwork, ...keys];
  }

  async #countEach(limits: Record<string, number>): Promise<string[]> {
    const keys = Object.keys(limits);
    await this.#refuseBeyond(limits, await this.#store.countGuesses(keys, WINDOW_MS), keys);
    return keys;
  }

  /** A refused attempt is not counted, so repeating it does not affect anybody else. */
  async #refuseBeyond(
    limits: Record<string, number>,
    counts: GuessCount[],
    counted: string[],
  ): Promise<void> {
    const over = counts.find(({ key, count }) => count > (limits[key] ?? Infinity));
    if (over === undefined) return;
    await this.#store.forgiveGuesses(counted);
    throw new DomainError(
      'rate_limited',
      'Too many wrong passwords. Wait, or reset the password with `npm run xray -- users reset-password`.',
      [],
      Math.max(1, Math.ceil((over.endsAt.getTime() - this.#now()) / 1000)),
    );
  }
}

function accountOf(email: string): string {
  return email.trim().toLowerCase();
}

/** The keys under which an account remembers the places of its sign-ins. */
function placesOf({ ip, device }: Origin, account: string): { network: string; device?: string } {
  const network = keyOf('known network', `${networkOf(ip)} ${account}`);
  if (device === undefined) return { network };
  return { network, device: keyOf('known device', `${device} ${account}`) };
}

/** The key is hashed, so the table does not show who tried to sign in. */
function keyOf(counter: string, text: string): string {
  return createHash('sha256').update(`${counter} ${text}`).digest('base64url');
}
