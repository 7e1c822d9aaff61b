import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ED25519, keyIdOf, writeNote, writeVerifierKey, type VerifierKey } from '@xray/proof';
import { nodeHashes } from '@xray/proof/node';
import { ConfigError, type Config } from '../config.js';

/** The key of this server. Undefined if nothing is sealed. @throws ConfigError */
export async function proofKeyOf({
  proof,
  database,
}: Pick<Config, 'proof' | 'database'>): Promise<ProofKey | undefined> {
  if (proof === undefined) return undefined;
  if (proof.key !== undefined) return await readProofKey(proof.key);
  return database.kind === 'pglite' ? await proofKeyIn(database.dataDir) : undefined;
}

/** The private key that signs the checkpoints of all apps' logs. */
export class ProofKey {
  readonly #key: KeyObject;
  readonly #publicKey: Uint8Array;

  /** @throws ConfigError unless it is an Ed25519 key */
  constructor(pem: string) {
    this.#key = privateKeyIn(pem);
    const { x = '' } = createPublicKey(this.#key).export({ format: 'jwk' });
    this.#publicKey = Buffer.from(x, 'base64url');
  }

  /** The public key under the name of a log. Auditors check with it. */
  async vkeyOf(origin: string): Promise<string> {
    return writeVerifierKey(await this.#verifierOf(origin));
  }

  async sign(origin: string, text: string): Promise<string> {
    const { name, keyId } = await this.#verifierOf(origin);
    const signature = sign(null, Buffer.from(text), this.#key);
    return writeNote({ text, signatures: [{ name, keyId, signature }] });
  }

  async #verifierOf(name: string): Promise<VerifierKey> {
    const key = { name, type: ED25519, publicKey: this.#publicKey };
    return { ...key, keyId: await keyIdOf(nodeHashes, key) };
  }
}

function privateKeyIn(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // OpenSSL's message says nothing to an operator.
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new ConfigError(
    'XRAY_PROOF_KEY: must be an Ed25519 private key in PEM, or the path of its file.',
  );
}

/** @param given the key as PEM, or the path of its file @throws ConfigError */
async function readProofKey(given: string): Promise<ProofKey> {
  const isText = given.includes('-----BEGIN');
  return new ProofKey(isText ? given.replaceAll('\\n', '\n') : await readFile(given, 'utf8'));
}

/** The key beside an embedded database. It is made once. */
async function proofKeyIn(dataDir: string): Promise<ProofKey> {
  const file = path.join(dataDir, 'proof-key');
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (kept !== undefined) return new ProofKey(kept);
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  // A start that is killed here must not leave half a key. So the complete file is renamed.
  await writeFile(`${file}.partial`, pem, { mode: 0o600 });
  await rename(`${file}.partial`, file);
  return new ProofKey(pem);
}
