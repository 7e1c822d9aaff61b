import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Frontier,
  hashLeaves,
  hex,
  isConsistent,
  isIncluded,
  proveConsistency,
  proveInclusion,
  utf8,
  webHashes,
  type ReadNodes,
} from '../src/index.js';
import { nodeHashes as hashes } from '../src/node/index.js';

/** The hash of RFC 6962, section 2.1, as it is defined there: slow, and independent of `Frontier`. */
async function rootByDefinition(leaves: Uint8Array[]): Promise<Uint8Array> {
  const [only] = leaves;
  if (only && leaves.length === 1) return only;
  if (!only) return await one(new Uint8Array());
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  const parts = [await rootByDefinition(left), await rootByDefinition(right)];
  return await one(Buffer.concat([Uint8Array.of(1), ...parts]));
}

async function one(message: Uint8Array): Promise<Uint8Array> {
  const [hash] = await hashes.sha256([message]);
  if (!hash) throw new Error('no hash');
  return hash;
}

async function treeOf(size: number) {
  const leaves = await hashLeaves(
    hashes,
    Array.from({ length: size }, (_, i) => utf8(`entry ${i}`)),
  );
  const read: ReadNodes = async (nodes) =>
    await Promise.all(
      nodes.map(async ({ level, index }) => {
        const width = 2 ** level;
        expect((index + 1) * width).toBeLessThanOrEqual(size);
        return await rootByDefinition(leaves.slice(index * width, (index + 1) * width));
      }),
    );
  return { size, leaves, read, root: await rootByDefinition(leaves) };
}

describe('the tree', () => {
  it('has the roots of the test vectors of certificate transparency', async () => {
    // From RFC 6962's reference implementation (google/certificate-transparency, merkletree tests).
    const entries = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'];
    const tree = new Frontier();
    expect(hex(await tree.root(hashes))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    const leaves = await hashLeaves(
      hashes,
      entries.map((text) => Buffer.from(text, 'hex')),
    );
    await tree.append(hashes, leaves.slice(0, 1));
    expect(hex(await tree.root(hashes))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
    await tree.append(hashes, leaves.slice(1));
    expect(hex(await tree.root(hashes))).toBe(
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    );
  });

  it('has the same root however its leaves are appended', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 8 }), async (batches) => {
        const { leaves, root } = await treeOf(batches.reduce((sum, n) => sum + n, 0));
        const tree = new Frontier();
        const complete = new Map<string, Uint8Array>();
        let at = 0;
        for (const count of batches) {
          await tree.append(hashes, leaves.slice(at, at + count), (level, index, hash) => {
            expect(complete.has(`${level}/${index}`)).toBe(false);
            complete.set(`${level}/${index}`, hash);
          });
          at += count;
        }
        expect(await tree.root(hashes)).toEqual(root);
        const again = new Frontier(tree.size, [...tree.roots]);
        expect(await again.root(hashes)).toEqual(root);
        for (let level = 0; 2 ** level <= at; level++) {
          for (let index = 0; (index + 1) * 2 ** level <= at; index++) {
            const part = leaves.slice(index * 2 ** level, (index + 1) * 2 ** level);
            expect(complete.get(`${level}/${index}`)).toEqual(await rootByDefinition(part));
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('proves each leaf of each tree up to 20 leaves, and no other', async () => {
    for (let size = 1; size <= 20; size++) {
      const tree = await treeOf(size);
      for (let index = 0; index < size; index++) {
        const proof = await proveInclusion(hashes, tree.read, index, size);
        const hash = tree.leaves[index] ?? new Uint8Array();
        expect(await isIncluded(hashes, { hash, index }, tree, proof)).toBe(true);
        const other = (index + 1) % size;
        expect(await isIncluded(hashes, { hash, index: other }, tree, proof)).toBe(size === 1);
        expect(await isIncluded(hashes, { hash, index }, tree, [...proof, hash])).toBe(false);
      }
    }
  });

  it('proves that each tree begins with each smaller one, and not with another', async () => {
    for (let size = 1; size <= 20; size++) {
      const after = await treeOf(size);
      for (let earlier = 0; earlier <= size; earlier++) {
        const before = await treeOf(earlier);
        const proof = await proveConsistency(hashes, after.read, earlier, size);
        expect(await isConsistent(hashes, before, after, proof)).toBe(true);
        if (earlier === 0) continue;
        const wrong = { size: earlier, root: new Uint8Array(32) };
        expect(await isConsistent(hashes, wrong, after, proof)).toBe(false);
        const cut = proof.slice(0, -1);
        expect(await isConsistent(hashes, before, after, cut)).toBe(proof.length === 0);
      }
    }
  });

  it('is the same with WebCrypto', async () => {
    const entries = [utf8('a'), utf8('b'), utf8('c')];
    const [a, b] = [new Frontier(), new Frontier()];
    const web = webHashes();
    await a.append(hashes, await hashLeaves(hashes, entries));
    await b.append(web, await hashLeaves(web, entries));
    expect(await b.root(web)).toEqual(new Uint8Array(await a.root(hashes)));
  });
});
