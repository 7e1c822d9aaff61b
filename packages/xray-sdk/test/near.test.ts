import { expect, test } from 'vitest';

import { isNear } from '../src/near.js';

const hostOf = (endpoint: string): string => new URL(endpoint).hostname;

test('this machine and private networks are near, so their batches are not compressed', () => {
  const near = [
    'http://localhost:4000',
    'http://xray:4000',
    'http://api.localhost',
    'http://printer.local',
    'http://metadata.google.internal',
    'http://127.0.0.1:4000',
    'http://127.9.9.9',
    'http://0.0.0.0',
    'http://10.1.2.3',
    'http://172.16.0.1',
    'http://172.31.255.255',
    'http://192.168.1.20',
    'http://169.254.1.1',
    'http://100.64.0.1',
    'http://[::1]:4000',
    'http://[fd12:3456::1]',
    'http://[fe80::1]',
  ];
  expect(near.filter((endpoint) => !isNear(hostOf(endpoint)))).toEqual([]);
});

test('other hosts are not near', () => {
  const far = [
    'https://xray.example.com',
    'https://local.example.com',
    'https://10.example.com',
    'http://11.0.0.1',
    'http://172.15.0.1',
    'http://172.32.0.1',
    'http://192.169.0.1',
    'http://100.63.0.1',
    'http://100.128.0.1',
    'http://8.8.8.8',
    'http://[2001:db8::1]',
  ];
  expect(far.filter((endpoint) => isNear(hostOf(endpoint)))).toEqual([]);
});
