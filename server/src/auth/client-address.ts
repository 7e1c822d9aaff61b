import { isIPv6 } from 'node:net';

/**
 * The network that a client is counted by: an IPv4 address, or the first 64 bits of an IPv6
 * address. One client usually has all addresses with these 64 bits. Source: RFC 6177.
 */
export function networkOf(address: string): string {
  const [bare = ''] = address.split('%', 1);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped !== undefined || !isIPv6(bare)) return mapped ?? address;
  const [head = '', tail] = bare.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  // `::` replaces as many zero groups as are missing. An IPv4 tail counts as two groups.
  if (tail !== undefined) {
    const last = tail === '' ? 0 : tail.split(':').length + Number(tail.includes('.'));
    while (groups.length + last < 8) groups.push('0');
    groups.push(...tail.split(':'));
  }
  const first = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${first.join(':')}::/64`;
}
