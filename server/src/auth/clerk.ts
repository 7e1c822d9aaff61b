import { createClerkClient, verifyToken, type UserJSON } from '@clerk/backend';
import { isClerkAPIResponseError, TokenVerificationErrorReason } from '@clerk/backend/errors';
import { verifyWebhook, type WebhookEvent } from '@clerk/backend/webhooks';
import type { User } from '@xray/core';
import { DomainError } from '../errors.js';
import { toStorable } from '../stored-text.js';
import type { Edits } from '../store/account-store.js';
import type { AccountStore } from '../store/account-store.js';

export interface ClerkOptions {
  publishableKey: string;
  secretKey: string;
  /** PEM. With it tokens are verified without asking Clerk. */
  jwtKey: string | undefined;
  webhookSigningSecret: string | undefined;
  /** Clerk's Backend API. */
  apiUrl: string;
}

/** A person as Clerk knows them. */
interface ClerkPerson {
  clerkId: string;
  email: string;
  name: string;
}

/** The content of a webhook: the user's current data, or the news that the user was deleted. */
interface Told {
  type: string;
  clerkId: string;
  person: ClerkPerson | undefined;
  isDeleted: boolean;
}

/**
 * Sign-in with Clerk: its session tokens identify people, and X-Ray's own tables store their
 * permissions.
 */
export class Clerk {
  readonly publishableKey: string;
  /** The origin of Clerk's Frontend API, which issues the tokens and serves its script. */
  readonly frontendOrigin: string;
  readonly #options: ClerkOptions;
  readonly #store: AccountStore;
  readonly #authorizedParties: () => string[];
  readonly #client: ReturnType<typeof createClerkClient>;

  /** `authorizedParties`: origins of the pages whose tokens are accepted. */
  constructor(options: ClerkOptions, store: AccountStore, authorizedParties: () => string[]) {
    this.#options = options;
    this.#store = store;
    this.#authorizedParties = authorizedParties;
    this.publishableKey = options.publishableKey;
    this.frontendOrigin = `https://${frontendHostOf(options.publishableKey) ?? ''}`;
    this.#client = createClerkClient({
      secretKey: options.secretKey,
      publishableKey: options.publishableKey,
      apiUrl: options.apiUrl,
      telemetry: { disabled: true },
    });
  }

  /**
   * The id of X-Ray's user for this session token. A person seen for the first time gets a user
   * without a role.
   *
   * @throws DomainError unauthorized, or unavailable if Clerk does not answer a question that only
   * it can answer.
   */
  async userOf(token: string, ip: string | null): Promise<string> {
    const clerkId = await this.#verify(token);
    const known = await this.#store.findClerkUser(clerkId);
    if (known !== undefined) return known;
    const person = await this.#fetch(clerkId);
    return await this.#store.change(async (edits) => {
      const user = await save(edits, person);
      return {
        result: user.id,
        entry: {
          appId: null,
          actor: { kind: 'user', id: user.id, name: user.email },
          action: 'clerk.sync',
          target: clerkId,
          details: { event: 'first seen' },
          ip,
        },
      };
    });
  }

  /**
   * Reads a webhook and checks its signature.
   *
   * @throws DomainError unauthorized if the signature was not made with our secret.
   */
  async read(headers: Headers, body: string): Promise<Told> {
    const event = await this.#readEvent(headers, body);
    const webhook = { type: event.type, clerkId: event.data.id ?? '' };
    switch (event.type) {
      case 'user.created':
      case 'user.updated':
        return { ...webhook, person: personOf(event.data), isDeleted: false };
      default:
        return { ...webhook, person: undefined, isDeleted: event.type === 'user.deleted' };
    }
  }

  async carryOut(edits: Edits, { clerkId, person, isDeleted }: Told): Promise<void> {
    if (person !== undefined) await save(edits, person);
    if (isDeleted && clerkId !== '') await edits.deleteClerkUser(clerkId);
  }

  async #verify(token: string): Promise<string> {
    try {
      const { sub, iss } = await verifyToken(token, {
        authorizedParties: this.#authorizedParties(),
        apiUrl: this.#options.apiUrl,
        secretKey: this.#options.secretKey,
        ...(this.#options.jwtKey !== undefined && { jwtKey: this.#options.jwtKey }),
      });
      // Clerk's own check does not look at the issuer.
      if (iss === this.frontendOrigin) return sub;
    } catch (error) {
      const { reason } = error as { reason?: string };
      if (reason === TokenVerificationErrorReason.RemoteJWKFailedToLoad) throw clerkIsAway();
    }
    throw new DomainError('unauthorized', 'This session is invalid or has ended: sign in again.');
  }

  async #fetch(clerkId: string): Promise<ClerkPerson> {
    try {
      const user = await this.#client.users.getUser(clerkId);
      const address = user.primaryEmailAddress;
      if (address?.verification?.status === 'verified') {
        const email = address.emailAddress;
        return { clerkId, email, name: toStorable(user.fullName ?? email) };
      }
    } catch (error) {
      if (!isClerkAPIResponseError(error) || error.status !== 404) throw clerkIsAway();
    }
    throw new DomainError('unauthorized', 'Clerk has no verified email for this person.');
  }

  async #readEvent(headers: Headers, body: string): Promise<WebhookEvent> {
    const { webhookSigningSecret: signingSecret } = this.#options;
    if (signingSecret === undefined) {
      throw new DomainError('not_found', 'CLERK_WEBHOOK_SIGNING_SECRET is not set.');
    }
    const request = new Request('http://localhost/', { method: 'POST', headers, body });
    try {
      return await verifyWebhook(request, { signingSecret });
    } catch {
      throw new DomainError('unauthorized', 'The signature of this webhook is wrong.');
    }
  }
}

async function save(edits: Edits, { clerkId, email, name }: ClerkPerson): Promise<User> {
  const saved = await edits.saveClerkUser(clerkId, email, name);
  if (saved !== undefined) return saved;
  throw new DomainError('conflict', 'Another account already has this email.');
}

/** Clerk's publishable key is `pk_test_` or `pk_live_` and the base64 of a host that ends with `$`. */
export function frontendHostOf(publishableKey: string): string | undefined {
  const [, encoded = ''] = /^pk_(?:test|live)_([A-Za-z0-9+/=]+)$/.exec(publishableKey) ?? [];
  const [, host] =
    /^([a-z0-9.-]+)\$$/.exec(Buffer.from(encoded, 'base64').toString('latin1')) ?? [];
  return host;
}

/** Undefined without a verified address, because invitations are matched by address. */
function personOf(data: UserJSON): ClerkPerson | undefined {
  const address = data.email_addresses.find(({ id }) => id === data.primary_email_address_id);
  if (address?.verification?.status !== 'verified') return undefined;
  const name = toStorable([data.first_name, data.last_name].filter(Boolean).join(' '));
  const email = address.email_address;
  return { clerkId: data.id, email, name: name === '' ? email : name };
}

function clerkIsAway(): DomainError {
  return new DomainError('unavailable', 'Clerk does not answer, so new people cannot sign in.');
}
