import { DomainError } from '../errors.js';
import type { KeyGrant } from '../store/access-store.js';
import { faultOf, hashApiKey } from './api-key.js';
import type { AccountStore } from '../store/account-store.js';

/**
 * How long a look-up in the store is cached, in ms. A key revoked by another server works for this
 * long.
 */
const BELIEVED_MS = 5_000;
const MAX_REMEMBERED = 10_000;
/** A key's last use is written at most this often, in ms. */
const TOUCH_EVERY_MS = 60_000;

interface Remembered {
  grant: KeyGrant | undefined;
  until: number;
}

/** Looks up the rights of an API key. A short cache saves asking the store for every request. */
export class KeyRing {
  readonly #store: Pick<AccountStore, 'findKey' | 'touchKey'>;
  readonly #now: () => number;
  readonly #remembered = new Map<string, Remembered>();
  readonly #touchedAt = new Map<string, number>();

  constructor(store: Pick<AccountStore, 'findKey' | 'touchKey'>, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /**
   * The rights of a valid key. A text in another form than a generated key is looked up too,
   * because an operator may choose the first key.
   *
   * @throws DomainError unauthorized, with what is wrong with the key; forbidden if its app is
   * archived.
   */
  async grantOf(key: string): Promise<KeyGrant> {
    const grant = await this.#find(key);
    if (grant === undefined) throw new DomainError('unauthorized', faultOf(key));
    if (grant.isRevoked) throw new DomainError('unauthorized', 'This API key was revoked.');
    if (grant.expiresAt !== null && grant.expiresAt.getTime() <= this.#now()) {
      throw new DomainError(
        'unauthorized',
        `This API key expired at ${grant.expiresAt.toISOString()}.`,
      );
    }
    if (grant.isAppArchived) {
      throw new DomainError('forbidden', 'The app of this API key is archived.');
    }
    return grant;
  }

  /** Whether this is a key of this installation, even if it no longer works. */
  async knows(key: string): Promise<boolean> {
    return (await this.#find(key)) !== undefined;
  }

  /** Empties the cache, so that a change on this server takes effect immediately. */
  forget(): void {
    this.#remembered.clear();
  }

  async #find(key: string): Promise<KeyGrant | undefined> {
    const hash = hashApiKey(key);
    const name = hash.toString('base64');
    const known = this.#remembered.get(name);
    if (known !== undefined && known.until > this.#now()) return known.grant;
    const grant = await this.#store.findKey(hash);
    this.#remembered.delete(name);
    this.#remembered.set(name, { grant, until: this.#now() + BELIEVED_MS });
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= MAX_REMEMBERED) break;
      this.#remembered.delete(oldest);
    }
    if (grant !== undefined) await this.#touch(grant.id);
    return grant;
  }

  async #touch(id: string): Promise<void> {
    if (this.#now() - (this.#touchedAt.get(id) ?? 0) < TOUCH_EVERY_MS) return;
    this.#touchedAt.set(id, this.#now());
    await this.#store.touchKey(id);
  }
}
