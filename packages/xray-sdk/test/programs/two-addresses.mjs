// Load this file first. It gives `localhost` two addresses with IPv6 first, as many machines have.
import dns from 'node:dns';

const addresses = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];
const { lookup } = dns;
dns.lookup = (host, options, done) => {
  if (host !== 'localhost') lookup(host, options, done);
  else if (options.all) process.nextTick(done, null, addresses);
  else process.nextTick(done, null, '::1', 6);
};
