import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type RunningServer } from '#server/main.js';
import { configFor, newPlace, type Place } from './support/databases.js';
import { statusWith } from './support/http.js';

const INLINE = 'document.documentElement.dataset.theme = "dark"';

describe('the exported dashboard', () => {
  let folder: string;
  let place: Place;
  let server: RunningServer;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'xray-dashboard-'));
    await mkdir(path.join(folder, '_next/static'), { recursive: true });
    await mkdir(path.join(folder, 'executions'));
    const page = (title: string): string =>
      `<html><title>${title}</title><script src="/_next/static/app.js"></script><script>${INLINE}</script></html>`;
    await writeFile(path.join(folder, 'index.html'), page('home'));
    await writeFile(path.join(folder, 'executions.html'), page('executions'));
    await writeFile(path.join(folder, 'executions/data.txt'), 'data');
    await writeFile(path.join(folder, '404.html'), page('lost'));
    await writeFile(path.join(folder, '_next/static/app.js'), 'void 0');
    place = await newPlace('pglite');
    server = await startServer({ ...configFor(place), dashboardDir: folder });
  });
  afterAll(async () => {
    await server.stop();
    await place.remove();
    await rm(folder, { recursive: true });
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

  test('allows a page’s own inline scripts by their hash, and no others', async () => {
    const response = await fetch(`${server.url}/executions`);
    const policy = response.headers.get('content-security-policy') ?? '';
    const hash = createHash('sha256').update(INLINE).digest('base64');
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('lets hashed assets be kept for ever, and pages be asked for again', async () => {
    const asset = await fetch(`${server.url}/_next/static/app.js`);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    const page = await fetch(`${server.url}/`);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const etag = page.headers.get('etag') ?? '';
    expect(await statusWith(`${server.url}/`, { 'if-none-match': etag })).toBe(304);
  });

  test('sends a trailing slash on, with the query', async () => {
    const response = await fetch(`${server.url}/executions/?app=x`, { redirect: 'manual' });
    expect(response.status).toBe(308);
    expect(response.headers.get('location')).toBe('/executions?app=x');
  });

  test('shows people a page for what is not there, and programs the error', async () => {
    const page = await fetch(`${server.url}/lost`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(404);
    expect(await page.text()).toContain('<title>lost</title>');
    const error = await fetch(`${server.url}/lost`, { headers: { accept: 'application/json' } });
    expect(await error.json()).toMatchObject({ error: { code: 'not_found' } });
  });

  test.each([
    '/../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/package.json',
    '//etc/passwd',
  ])('does not leave its folder for %s', async (url) => {
    const response = await fetch(server.url + url);
    expect(response.status).toBe(404);
  });
});
