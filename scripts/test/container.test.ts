import fs from 'node:fs';
import path from 'node:path';
import { validate } from 'dockerfile-utils';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { root } from '../parts.mjs';

interface Service {
  environment: Record<string, string>;
  volumes?: string[];
  ports?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
}

const dockerfile = read('Dockerfile');
const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));

describe('the image', () => {
  test('has only valid instructions', () => {
    expect(validate(dockerfile).map(({ message }) => message)).toEqual([]);
    expect(validate('FROM node:20-slim\nCOPPY . .').length).toBeGreaterThan(0);
  });

  test('copies only outputs of builds and files of the clone', () => {
    const copied = [...lastStage.matchAll(/^COPY --from=build \/xray\/(\S+) (\S+)$/gm)];
    expect(copied.length).toBeGreaterThan(0);
    for (const [, from = '', to] of copied) {
      expect(to).toBe(from);
      const isBuilt = /\/(dist|out)$/.test(from);
      expect(fs.existsSync(path.join(root, isBuilt ? path.dirname(from) : from))).toBe(true);
    }
  });

  test('runs as an unprivileged user, with a health check', () => {
    expect(lastStage).toMatch(/^USER node$/m);
    expect(lastStage).toMatch(/^VOLUME \/data$/m);
    const command = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(lastStage)?.[1] ?? '';
    const [program, flag, script = ''] = JSON.parse(command) as string[];
    expect([program, flag]).toEqual(['node', '-e']);
    expect(() => new Function(script)).not.toThrow();
    expect(script).toContain('/health');
  });

  test('does not copy secrets or builds of other machines', () => {
    const left = read('.dockerignore').split('\n');
    for (const name of [
      '**/.env',
      '**/.env.local',
      '**/node_modules',
      '**/dist',
      '.xray',
      '.git',
    ]) {
      expect(left).toContain(name);
    }
  });
});

describe('the compose file', () => {
  const compose = parseDocument(read('compose.yaml'), { strict: true, uniqueKeys: true });
  const { services, volumes } = compose.toJS() as {
    services: { xray: Service; postgres: Service };
    volumes: Record<string, unknown>;
  };

  test('is YAML without errors or warnings', () => {
    expect([...compose.errors, ...compose.warnings]).toEqual([]);
  });

  test('starts the server when the database answers, with the data in a named volume', () => {
    expect(services.xray.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(services.postgres.healthcheck?.test).toContain('pg_isready');
    const [volume = ''] = services.postgres.volumes?.[0]?.split(':') ?? [];
    expect(Object.keys(volumes)).toEqual([volume]);
  });

  test('sets only settings that the server knows', () => {
    const settings = read('server/src/config.ts');
    for (const name of Object.keys(services.xray.environment)) {
      expect(settings).toMatch(new RegExp(`^  ${name}: \\w`, 'm'));
    }
  });

  test('contains no secret, and is reachable from this machine only', () => {
    const { XRAY_AUTH_SECRET } = services.xray.environment;
    const { POSTGRES_PASSWORD } = services.postgres.environment;
    expect(XRAY_AUTH_SECRET).toMatch(/^\$\{XRAY_AUTH_SECRET:\?/);
    expect(POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
    expect(services.xray.ports).toEqual(['127.0.0.1:4000:4000']);
    expect(services.postgres.ports).toBeUndefined();
  });
});

function read(file: string): string {
  return fs.readFileSync(path.join(root, file), 'utf8');
}
