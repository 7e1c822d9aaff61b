import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type RunningServer } from '#server/main.js';
import { configFor, newPlace, type Place } from './support/databases.js';
import { statusWith } from './support/http.js';

const INLINE = 'document.documentElement.dataset.theme = "dark"';

describe('the exported dashboard', () => {
  let parent: string;
  let folder: string;
  let place: Place;
  let server: RunningServer;

  beforeAll(async () => {
    parent = await mkdtemp(path.join(tmpdir(), 'xray-dashboard-'));
    folder = path.join(parent, 'out');
    await writeFile(path.join(parent, 'secret.txt'), 'beside the folder');
    await mkdir(folder);
    await mkdir(path.join(folder, '_next/static'), { recursive: true });
    await mkdir(path.join(folder, 'executions'));
    const page = (title: string): string =>
      `<html><title>${title}</title><script src="/_next/static/app.js"></script><script>${INLINE}</script></html>`;
    await writeFile(path.join(folder, 'index.html'), page('home'));
    await writeFile(path.join(folder, 'executions.html'), page('executions'));
    await writeFile(path.join(folder, 'executions/data.txt'), 'data');
    await writeFile(path.join(folder, '404.html'), page('lost'));
    await writeFile(path.join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    await writeFile(path.join(folder, '_next/static/app.js'), 'void 0');
    place = await newPlace('postgres');
    server = await startServer({ ...configFor(place), dashboardDir: folder });
  });
  afterAll(async () => {
    await server.stop();
    await place.remove();
    await rm(parent, { recursive: true });
  });

  test.each([
    ['/', 'home'],
    ['/executions', 'executions'],
    ['/executions?app=x', 'executions'],
  ])('serves %s', async (url, title) => {
    const response = await fetch(server.url + url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain(`<title>${title}</title>`);
  });

  test('allows only a page’s own inline scripts, by their hash', async () => {
    const response = await fetch(`${server.url}/executions`);
    const policy = response.headers.get('content-security-policy') ?? '';
    const hash = createHash('sha256').update(INLINE).digest('base64');
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('lets browsers keep hashed assets forever, and revalidate pages', async () => {
    const asset = await fetch(`${server.url}/_next/static/app.js`);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    const page = await fetch(`${server.url}/`);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const etag = page.headers.get('etag') ?? '';
    expect(await statusWith(`${server.url}/`, { 'if-none-match': etag })).toBe(304);
  });

  test('gives browsers that ask for favicon.ico the icon of the pages', async () => {
    const response = await fetch(`${server.url}/favicon.ico`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('image/svg+xml');
  });

  test('redirects a trailing slash and keeps the query', async () => {
    const response = await fetch(`${server.url}/executions/?app=x`, { redirect: 'manual' });
    expect(response.status).toBe(308);
    expect(response.headers.get('location')).toBe('/executions?app=x');
  });

  test('shows people a page for an unknown address, and programs the error', async () => {
    const page = await fetch(`${server.url}/lost`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(404);
    expect(await page.text()).toContain('<title>lost</title>');
    const error = await fetch(`${server.url}/lost`, { headers: { accept: 'application/json' } });
    expect(await error.json()).toMatchObject({ error: { code: 'not_found' } });
  });

  test.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/%252e%252e%252fsecret.txt',
    '/..\\secret.txt',
    '/..%5csecret.txt',
    '/executions/../../secret.txt',
    '/_next/static/..%2f..%2f..%2fsecret.txt',
    '/....//secret.txt',
    '//etc/passwd',
    '/executions/data.txt/../../../secret.txt',
  ])('does not leave its folder for %s', async (url) => {
    const { status, body } = await getRaw(url);
    expect(status).toBe(404);
    expect(body).not.toContain('beside the folder');
  });

  /** The path is sent unchanged. `fetch` would normalize it. */
  async function getRaw(url: string): Promise<{ status: number | undefined; body: string }> {
    const { hostname, port } = new URL(server.url);
    const req = request({ hostname, port, path: url, agent: false }).end();
    const [response] = (await once(req, 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: await text(response) };
  }
});
