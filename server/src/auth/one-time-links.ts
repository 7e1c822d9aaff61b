import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CreatedLink, LinkKind, User } from '@xray/core';
import type { Edits } from '../store/account-store.js';
import type { AccountStore } from '../store/account-store.js';

/** How long each kind of link works, in ms. */
const LIFE_MS: Record<LinkKind, number> = {
  'sign-in': 10 * 60_000,
  'reset-password': 24 * 3_600_000,
};
const INVITATION_LIFE_MS = 7 * 24 * 3_600_000;

/** Creates and checks the secrets in links. They come after the `#`. */
export class OneTimeLinks {
  readonly #store: AccountStore;
  readonly #secret: string;
  readonly #siteUrl: () => string;
  readonly #now: () => number;

  constructor(store: AccountStore, secret: string, siteUrl: () => string, now: () => number) {
    this.#store = store;
    this.#secret = secret;
    this.#siteUrl = siteUrl;
    this.#now = now;
  }

  /**
   * The link that creates the first administrator; undefined if one exists. It is derived from a
   * nonce in the database and the server's secret, so every instance and every start give the same
   * link.
   */
  async setupLink(): Promise<string | undefined> {
    if (await this.#store.hasAdministrator()) return undefined;
    return this.#link('/setup', this.#setupToken(await this.#store.setupNonce()));
  }

  /** The nonce that claims the set-up; undefined for a wrong token. */
  async setupNonceOf(token: string): Promise<string | undefined> {
    const nonce = await this.#store.setupNonce();
    const right = hashToken(this.#setupToken(nonce));
    return timingSafeEqual(right, hashToken(token)) ? nonce : undefined;
  }

  async create(edits: Edits, kind: LinkKind, userId: string): Promise<CreatedLink> {
    const token = newToken();
    const expiresAt = new Date(this.#now() + LIFE_MS[kind]);
    await edits.createLink(identifier(kind, token), userId, expiresAt);
    return { link: this.#link(`/${kind}`, token), expiresAt: expiresAt.toISOString() };
  }

  /** Whether the link still works. This is checked before expensive work. */
  async isOpen(kind: LinkKind, token: string): Promise<boolean> {
    return await this.#store.hasLink(identifier(kind, token));
  }

  /** Uses the link up, and returns its user. */
  async use(edits: Edits, kind: LinkKind, token: string): Promise<User | undefined> {
    return await edits.useLink(identifier(kind, token));
  }

  newInvitation(): { link: string; tokenHash: Buffer; expiresAt: Date } {
    const token = newToken();
    return {
      link: this.#link('/invitation', token),
      tokenHash: hashToken(token),
      expiresAt: new Date(this.#now() + INVITATION_LIFE_MS),
    };
  }

  #setupToken(nonce: string): string {
    return createHmac('sha256', this.#secret).update(`set-up ${nonce}`).digest('base64url');
  }

  #link(path: string, token: string): string {
    return `${this.#siteUrl()}${path}#${token}`;
  }
}

/** The stored form of a token. A fast hash is enough for 256 random bits. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function identifier(kind: LinkKind, token: string): string {
  return `${kind} ${hashToken(token).toString('base64url')}`;
}
