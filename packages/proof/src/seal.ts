import { concat, utf8 } from './bytes.js';
import type { Hashes } from './hashes.js';

/** One version of one execution, as its line in an export prints it. A seal covers exactly this. */
export interface SealedRecord {
  app: string;
  executionId: string;
  /** As the export prints it: ISO 8601, milliseconds, Z. */
  receivedAt: string;
  /** The stored text, with each CR and LF as a space. */
  text: string;
}

/**
 * The secrets of a seal: 32 random bytes each. `nameKey` is the `key` of the execution's first version, so all
 * versions have one name. Deleting both keys deletes the only link between the record and the log.
 */
export interface SealKeys {
  key: Uint8Array;
  nameKey: Uint8Array;
}

export const KEY_BYTES = 32;
const NAME = utf8('x-ray name v1\0');
const RECORD = utf8('x-ray record v1\0');
const END = Uint8Array.of(0);

/** What a log keeps of a record: two HMACs that say nothing without the keys. */
export interface Commitment {
  name: Uint8Array;
  content: Uint8Array;
}

/** @throws RangeError if a key is not 32 bytes: HMAC pads, so a shorter key would be a second key of the same seal */
export async function commit(
  hashes: Hashes,
  records: { record: SealedRecord; keys: SealKeys }[],
): Promise<Commitment[]> {
  const digests = await hashes.sha256(records.map(({ record }) => utf8(record.text)));
  const messages = records.flatMap(({ record, keys }, i) => {
    if (keys.key.length !== KEY_BYTES || keys.nameKey.length !== KEY_BYTES) {
      throw new RangeError('a seal has keys of 32 bytes');
    }
    const owner = concat(utf8(record.app), END, utf8(record.executionId));
    const content = [owner, END, utf8(record.receivedAt), END, digests[i] ?? new Uint8Array()];
    return [
      { key: keys.nameKey, message: concat(NAME, owner) },
      { key: keys.key, message: concat(RECORD, ...content) },
    ];
  });
  const macs = await hashes.hmacSha256(messages);
  return records.map((_, i) => {
    const [name, content] = [macs[2 * i], macs[2 * i + 1]];
    if (!name || !content) throw new RangeError('a hash is missing');
    return { name, content };
  });
}
