// A host with two clients and no key. Its own work continues.
import { XRaySDK } from '@xray/sdk';

const clients = [1, 2].map(() => new XRaySDK({ appId: 'app', pipeline: 'exit' }));
const results = clients.map((xray) =>
  xray.run((ex) => {
    const stepped = ex.step('one', () => 1);
    const kept = ex.step('two', (s) =>
      s.filter([1, 2, 3], { id: String, rules: [{ id: 'odd', test: (n) => n % 2 === 1 }] }),
    );
    return `kept ${kept.length}, stepped ${stepped}`;
  }),
);
process.stdout.write(results[0]);
