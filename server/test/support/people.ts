import { request } from 'node:http';
import path from 'node:path';
import type {
  CreatedInvitation,
  CreatedKey,
  CreatedLink,
  ErrorBody,
  NewKey,
  Role,
} from '@xray/core';
import type { RunningServer } from '#server/main.js';
import type { Place } from './databases.js';
import { plantSecrets } from './logging.js';

export const PASSWORD = 'correct horse battery staple';
export const ADMINISTRATOR = 'ada@example.org';
/** Settings of an unattended first start that creates this administrator. */
export const WITH_ADMINISTRATOR = {
  XRAY_INIT_USER_EMAIL: ADMINISTRATOR,
  XRAY_INIT_USER_PASSWORD: PASSWORD,
};

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** One browser: it keeps cookies and sends the origin of its page. */
export class Visitor {
  readonly url: string;
  cookie = '';

  constructor(url: string) {
    this.url = url;
  }

  async send(
    method: string,
    where: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    plantPasswords(body);
    const response = await fetch(this.url + where, {
      method,
      headers: {
        ...(method !== 'GET' && { origin: this.url }),
        ...(this.cookie !== '' && { cookie: this.cookie }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    for (const set of response.headers.getSetCookie()) this.#keep(set.split(';')[0] ?? '');
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('/json') === true;
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    };
  }

  #keep(cookie: string): void {
    const [name = '', value = ''] = cookie.split('=');
    const others = this.cookie
      .split('; ')
      .filter((cookie) => cookie !== '' && !cookie.startsWith(`${name}=`));
    this.cookie = [...others, cookie].toSorted().join('; ');
    plantSecrets(decodeURIComponent(value));
  }

  /** The body of a successful answer. Any other answer fails the test. */
  async ask<T>(method: string, where: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, where, body);
    if (answer.status >= 400) throw new Error(JSON.stringify(answer.body));
    return answer.body as T;
  }

  async signIn(email: string, password = PASSWORD): Promise<this> {
    await this.ask('POST', '/api/auth/sign-in/email', { email, password });
    return this;
  }

  async newKey(app: string, key: NewKey = {}): Promise<CreatedKey> {
    return await this.ask<CreatedKey>('POST', `/api/apps/${app}/keys`, key);
  }

  async invite(app: string, role: Role, email?: string): Promise<string> {
    const invited = await this.ask<CreatedInvitation>('POST', `/api/apps/${app}/invitations`, {
      role,
      email,
    });
    return tokenOf(invited.link);
  }

  /** A new person with a role in the app, signed in. */
  async bring(app: string, role: Role, email: string): Promise<Visitor> {
    const token = await this.invite(app, role);
    const person = new Visitor(this.url);
    const account = { email, name: role, password: PASSWORD };
    await person.ask('POST', '/api/invitations/accept', { token, account });
    return person;
  }
}

export async function administratorOf({ url }: Pick<RunningServer, 'url'>): Promise<Visitor> {
  return await new Visitor(url).signIn(ADMINISTRATOR);
}

/** The part of a link after the `#`. */
export function tokenOf(link: string): string {
  const token = new URL(link).hash.slice(1);
  plantSecrets(token);
  return token;
}

function plantPasswords(body: unknown): void {
  JSON.stringify(body, (key, value: unknown) => {
    const isSecret = /password|token/i.test(key) && typeof value === 'string';
    // Shorter values are words that may occur anywhere.
    if (isSecret && value.length >= 12) plantSecrets(value);
    return value;
  });
}

export function codeOf({ body }: Answer): string {
  return (body as ErrorBody).error.code;
}

/** Calls an embedded server like its command line: through the socket in the data directory. */
export async function overConsole(
  place: Place,
  method: string,
  where: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const socketPath = path.join(place.env.XRAY_DATA_DIR ?? '', 'xray.sock');
  return await new Promise((resolve, reject) => {
    const req = request({ socketPath, method, path: where, agent: false, headers }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      res.on('end', () => {
        const isJson = res.headers['content-type']?.includes('/json') === true;
        resolve({ status: res.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
      });
    });
    req.once('error', reject);
    if (body !== undefined && headers['content-type'] === undefined) {
      req.setHeader('content-type', 'application/json');
    }
    const text =
      body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    // Node does not set the length of a DELETE's body.
    if (text !== undefined) req.setHeader('content-length', Buffer.byteLength(text));
    req.end(text);
  });
}

export async function linkFor(
  place: Place,
  kind: 'sign-in' | 'reset-password',
  email: string,
): Promise<string> {
  const { body } = await overConsole(place, 'POST', '/api/users/links', { email, kind });
  return tokenOf((body as CreatedLink).link);
}
