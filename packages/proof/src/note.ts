import { base64, concat, equal, fromBase64, hex, utf8 } from './bytes.js';
import type { Hashes } from './hashes.js';

/** Signed notes (C2SP signed-note): a text, an empty line, and lines of signatures. */

export interface Note {
  /** Ends with a line feed. This is what is signed. */
  text: string;
  signatures: { name: string; keyId: Uint8Array; signature: Uint8Array }[];
}

export const ED25519 = 1;
/** Timestamped cosignatures of witnesses (C2SP tlog-cosignature). */
export const COSIGNATURE = 4;

/** A public key with the name of its owner: `name+8 hex digits+Base64 of type and key`. */
export interface VerifierKey {
  name: string;
  keyId: Uint8Array;
  type: number;
  publicKey: Uint8Array;
}

export class UnreadableNote extends Error {
  override name = 'UnreadableNote';
}

/** @throws UnreadableNote */
export function parseNote(text: string): Note {
  const cut = text.lastIndexOf('\n\n');
  if (cut < 0) throw new UnreadableNote('the note has no signature');
  const lines = text.slice(cut + 2);
  if (!lines.endsWith('\n')) throw new UnreadableNote('the last line of the note has no end');
  return {
    text: text.slice(0, cut + 1),
    signatures: lines.slice(0, -1).split('\n').map(parseSignature),
  };
}

function parseSignature(line: string): Note['signatures'][number] {
  const [, name, encoded] = /^\u2014 ([^ +]+) ([^ ]+)$/.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || bytes === undefined || bytes.length < 5) {
    throw new UnreadableNote('a signature line is not "— name base64"');
  }
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

export function writeNote({ text, signatures }: Note): string {
  const lines = signatures.map(
    ({ name, keyId, signature }) => `\u2014 ${name} ${base64(concat(keyId, signature))}\n`,
  );
  return `${text}\n${lines.join('')}`;
}

/** The first four bytes of SHA-256(name, line feed, type, key). */
export async function keyIdOf(
  hashes: Hashes,
  { name, type, publicKey }: Omit<VerifierKey, 'keyId'>,
): Promise<Uint8Array> {
  const [hash] = await hashes.sha256([concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey)]);
  return (hash ?? new Uint8Array()).subarray(0, 4);
}

export function writeVerifierKey({ name, keyId, type, publicKey }: VerifierKey): string {
  return `${name}+${hex(keyId)}+${base64(concat(Uint8Array.of(type), publicKey))}`;
}

/** @throws UnreadableNote if the text is no verifier key, or its id is not the hash of the key */
export async function parseVerifierKey(hashes: Hashes, text: string): Promise<VerifierKey> {
  const [, name, id, encoded] = /^([^ +]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || id === undefined || bytes === undefined) {
    throw new UnreadableNote('a verifier key is "name+8 hex digits+base64"');
  }
  const type = bytes[0] ?? 0;
  if ((type !== ED25519 && type !== COSIGNATURE) || bytes.length !== 33) {
    throw new UnreadableNote('a verifier key holds an Ed25519 key of 32 bytes');
  }
  const key = { name, type, publicKey: bytes.slice(1) };
  const keyId = await keyIdOf(hashes, key);
  if (hex(keyId) !== id) throw new UnreadableNote('the id of the verifier key is not its hash');
  return { ...key, keyId };
}

/**
 * Finds the signature of `key` on the note.
 *
 * @returns when the key signed (seconds since 1970), if its signatures say so; undefined without a valid
 *   signature
 */
export async function findSignature(
  hashes: Hashes,
  note: Note,
  key: VerifierKey,
): Promise<{ at?: number } | undefined> {
  for (const { name, keyId, signature } of note.signatures) {
    if (name !== key.name || !equal(keyId, key.keyId)) continue;
    if (key.type === ED25519) {
      if (await hashes.verifyEd25519(key.publicKey, utf8(note.text), signature)) return {};
      continue;
    }
    if (signature.length !== 72) continue;
    const view = new DataView(signature.buffer, signature.byteOffset, 8);
    const at = Number(view.getBigUint64(0));
    const message = utf8(`cosignature/v1\ntime ${at}\n${note.text}`);
    if (await hashes.verifyEd25519(key.publicKey, message, signature.subarray(8))) return { at };
  }
  return undefined;
}
