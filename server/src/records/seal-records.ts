import { commit, type Commitment, type SealKeys } from '@xray/proof';
import { nodeHashes } from '@xray/proof/node';

export interface RecordToSeal {
  app: string;
  executionId: string;
  /** ISO 8601, as an export prints it. */
  receivedAt: string;
  /** As an export prints it. */
  text: string;
  keys: SealKeys;
}

export interface SealedVersion extends Commitment {
  /** 8 bytes of the hash of text and time. It says whether a rewritten row is the same version. */
  digest: Uint8Array;
}

const DIGEST_BYTES = 8;

/** The text of a stored body as a line of an export has it. Line ends can only be white space between its parts. */
export function exportedText(body: string): string {
  return body.replaceAll(/[\r\n]/g, ' ');
}

/** A line of an export, without its end. */
export function exportedLine(body: string, server: object): string {
  return `{"snapshot":${exportedText(body)},"server":${JSON.stringify(server)}}`;
}

export async function sealRecords(records: RecordToSeal[]): Promise<SealedVersion[]> {
  const commitments = await commit(
    nodeHashes,
    records.map(({ keys, ...record }) => ({ record, keys })),
  );
  const digests = await nodeHashes.sha256(
    records.map(({ receivedAt, text }) => Buffer.from(`${receivedAt}\n${text}`)),
  );
  return commitments.map((commitment, i) => ({
    ...commitment,
    digest: (digests[i] ?? new Uint8Array()).subarray(0, DIGEST_BYTES),
  }));
}
