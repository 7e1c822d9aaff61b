import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';

const HOST = 'clerk.example.dev';
const KEY_ID = 'ins_test';

/**
 * A fake of Clerk's network interface. Its API for the server listens on a local port. Requests of browsers
 * to Clerk's host are intercepted. Its tokens are real, signed with its own key.
 *
 * @typedef {object} FakeClerk
 * @property {Record<string, string>} settings that make a server sign people in with it
 * @property {(context: import('playwright-core').BrowserContext) => Promise<void>} answerIn answers for its
 * host in a browser, where nobody is signed in at first
 * @property {() => Promise<void>} close
 */

/** @returns {Promise<FakeClerk>} */
export async function startFakeClerk() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const server = createServer((req, res) => {
    const [, userId] = /^\/v1\/users\/(\w+)$/.exec(req.url ?? '') ?? [];
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig', alg: 'RS256' };
    const answer = userId === undefined ? { keys: [jwk] } : userOf(userId);
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on a port');

  /**
   * @param {string} userId
   * @param {string} page origin of the page that sends the request
   */
  const tokenFor = (userId, page) => {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now - 5, nbf: now - 5, exp: now + 60 };
    const claims = { sub: userId, sid: 'sess_1', iss: `https://${HOST}`, azp: page, ...times };
    const text = [{ alg: 'RS256', typ: 'JWT', kid: KEY_ID }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
  };

  return {
    settings: {
      CLERK_SECRET_KEY: 'sk_test_secret',
      CLERK_PUBLISHABLE_KEY: `pk_test_${Buffer.from(`${HOST}$`).toString('base64')}`,
      CLERK_API_URL: `http://127.0.0.1:${address.port}`,
    },
    async answerIn(context) {
      /** @type {string | null} */
      let userId = null;
      await context.route(`https://${HOST}/**`, async (route) => {
        const request = route.request();
        const { pathname } = new URL(request.url());
        const page = (await request.headerValue('origin')) ?? '';
        const headers = { 'access-control-allow-origin': page };
        if (pathname.includes('/clerk-js@')) {
          await route.fulfill({ contentType: 'text/javascript', headers, body: SCRIPT });
        } else if (pathname.includes('/ui@')) {
          const body = 'globalThis.__internal_ClerkUICtor = class {};';
          await route.fulfill({ contentType: 'text/javascript', headers, body });
        } else {
          if (pathname === '/v1/sign-in') userId = idOf(request.postData() ?? '');
          if (pathname === '/v1/sign-out') userId = null;
          const token = userId === null ? null : tokenFor(userId, page);
          await route.fulfill({ headers, json: { userId, token } });
        }
      });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** @param {string} email */
function idOf(email) {
  return `user_${Buffer.from(email).toString('hex')}`;
}

/** @param {string} userId */
function userOf(userId) {
  const email = Buffer.from(userId.slice('user_'.length), 'hex').toString();
  return {
    object: 'user',
    id: userId,
    first_name: email.split('@')[0],
    last_name: null,
    primary_email_address_id: 'idn_1',
    email_addresses: [
      {
        object: 'email_address',
        id: 'idn_1',
        email_address: email,
        verification: { status: 'verified', strategy: 'email_code' },
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

/**
 * Replaces the script of Clerk's host. It has the part of `window.Clerk` that @clerk/react needs, with a
 * form of one field.
 */
const SCRIPT = `(() => {
  const listeners = new Set();
  const statusListeners = new Set();
  let resources = {};
  const ask = async (what, body) => {
    const response = await fetch('https://${HOST}/v1/' + what, { method: 'POST', body });
    const { userId, token } = await response.json();
    const session = userId && {
      id: 'sess_1',
      status: 'active',
      user: { id: userId },
      lastActiveToken: { jwt: { claims: { sub: userId } } },
      getToken: async () => (await ask('token')).token,
    };
    return { userId, token, session };
  };
  const settle = ({ session }) => {
    resources = { client: {}, session, user: session && session.user, organization: null };
    Object.assign(clerk, resources);
    for (const listener of listeners) listener(resources);
  };
  const clerk = {
    loaded: false,
    status: 'loading',
    async load() {
      settle(await ask('client'));
      clerk.loaded = true;
      clerk.status = 'ready';
      for (const listener of statusListeners) listener('ready');
    },
    get __internal_lastEmittedResources() { return resources; },
    addListener(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    on(_event, listener, options) {
      statusListeners.add(listener);
      if (options && options.notify) listener(clerk.status);
    },
    off(_event, listener) { statusListeners.delete(listener); },
    __internal_updateProps() {},
    mountSignIn(node, props) {
      const form = document.createElement('form');
      form.setAttribute('aria-label', 'Clerk');
      form.innerHTML = '<label>Email address <input name="email"></label><button>Continue</button>';
      form.addEventListener('submit', async (event) => {
        event.preventDefault();
        settle(await ask('sign-in', new FormData(form).get('email')));
        location.assign(props.forceRedirectUrl);
      });
      node.append(form);
    },
    unmountSignIn(node) { node.replaceChildren(); },
    async signOut() { settle(await ask('sign-out')); },
    buildUserProfileUrl: () => 'https://accounts.example.dev/user',
  };
  window.Clerk = clerk;
})();`;
