import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const HOST = 'clerk.example.dev';
const KID = 'ins_test';
const WEBHOOK_SECRET = Buffer.from('a secret of the webhook').toString('base64');

export interface Claims {
  sub?: string;
  iss?: string;
  azp?: string;
  exp?: number;
  [other: string]: unknown;
}

export interface TokenOptions {
  key?: KeyObject;
  header?: Record<string, unknown>;
}

/** A fake of Clerk's network API: signing keys and users, with tokens like Clerk's. */
export interface FakeClerk {
  env: Record<string, string>;
  /** PEM of the public key, in the form of `CLERK_JWT_KEY`. */
  jwtKey: string;
  /** How often its keys were requested. */
  keysAsked: () => number;
  knows(clerkId: string, email: string, options?: { verified: boolean }): void;
  token(claims?: Claims, options?: TokenOptions): string;
  webhook(event: object, options?: { at?: number; secret?: string }): RequestInit;
  close(): Promise<void>;
}

export async function startFakeClerk(): Promise<FakeClerk> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const users = new Map<string, object>();
  let requests = 0;
  const server = createServer((req, res) => {
    const reply = (status: number, body: object): void => {
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const [, clerkId] = /^\/v1\/users\/(\w+)$/.exec(req.url ?? '') ?? [];
    if (req.url === '/v1/jwks') {
      requests++;
      const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KID, use: 'sig', alg: 'RS256' };
      reply(200, { keys: [jwk] });
    } else if (clerkId !== undefined && users.has(clerkId)) {
      reply(200, users.get(clerkId) ?? {});
    } else {
      reply(404, { errors: [{ code: 'resource_not_found', message: 'not found' }] });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      CLERK_SECRET_KEY: 'sk_test_secret',
      CLERK_PUBLISHABLE_KEY: `pk_test_${Buffer.from(`${HOST}$`).toString('base64')}`,
      CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${WEBHOOK_SECRET}`,
      CLERK_API_URL: `http://127.0.0.1:${port}`,
      XRAY_PUBLIC_URL: 'https://x-ray.example',
    },
    jwtKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    keysAsked: () => requests,
    knows(clerkId, email, { verified } = { verified: true }) {
      users.set(clerkId, clerkUser(clerkId, email, verified));
    },
    token(claims = {}, { key = privateKey, header = {} } = {}) {
      const now = Math.floor(Date.now() / 1000);
      return signed(
        { alg: 'RS256', typ: 'JWT', kid: KID, ...header },
        {
          sub: 'user_1',
          iss: `https://${HOST}`,
          azp: 'https://x-ray.example',
          iat: now - 10,
          nbf: now - 10,
          exp: now + 60,
          sid: 'sess_1',
          ...claims,
        },
        key,
      );
    },
    webhook(event, { at = Date.now(), secret = WEBHOOK_SECRET } = {}) {
      const body = JSON.stringify(event);
      const timestamp = String(Math.floor(at / 1000));
      const signature = createHmac('sha256', Buffer.from(secret, 'base64'))
        .update(`msg_1.${timestamp}.${body}`)
        .digest('base64');
      return {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'svix-id': 'msg_1',
          'svix-timestamp': timestamp,
          'svix-signature': `v1,${signature}`,
        },
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A key that is not Clerk's, for tokens signed by somebody else. */
export function foreignKey(): KeyObject {
  return createPrivateKey(
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    }),
  );
}

/** A user in the form of Clerk's Backend API and webhooks. */
export function clerkUser(clerkId: string, email: string, verified = true): object {
  return {
    object: 'user',
    id: clerkId,
    first_name: 'Clara',
    last_name: 'Clerk',
    primary_email_address_id: 'idn_1',
    email_addresses: [
      {
        object: 'email_address',
        id: 'idn_1',
        email_address: email,
        verification: { status: verified ? 'verified' : 'unverified', strategy: 'email_code' },
        linked_to: [],
      },
    ],
    phone_numbers: [],
    web3_wallets: [],
    external_accounts: [],
    enterprise_accounts: [],
    public_metadata: {},
    private_metadata: {},
    unsafe_metadata: {},
  };
}

function signed(header: object, payload: object, key: KeyObject): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const text = `${encode(header)}.${encode(payload)}`;
  const { alg } = header as { alg: string };
  if (alg === 'none') return `${text}.`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`;
}
