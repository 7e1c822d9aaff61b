/**
 * What the platform computes. Callers ask for many at once: Node answers each call at once, and browsers answer
 * a list of promises much faster than one promise after the other.
 */
export interface Hashes {
  sha256(messages: Uint8Array[]): Promise<Uint8Array[]>;
  hmacSha256(messages: { key: Uint8Array; message: Uint8Array }[]): Promise<Uint8Array[]>;
  /** @param publicKey 32 bytes @param signature 64 bytes (RFC 8032) */
  verifyEd25519(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean>;
}

/** WebCrypto, which browsers have on https:, on localhost and in pages opened from a file. */
export function webHashes(subtle = globalThis.crypto.subtle): Hashes {
  const bytes = (buffer: ArrayBuffer) => new Uint8Array(buffer);
  return {
    async sha256(messages) {
      return await Promise.all(
        messages.map(async (message) => bytes(await subtle.digest('SHA-256', owned(message)))),
      );
    },
    async hmacSha256(messages) {
      const algorithm = { name: 'HMAC', hash: 'SHA-256' };
      return await Promise.all(
        messages.map(async ({ key, message }) => {
          const imported = await subtle.importKey('raw', owned(key), algorithm, false, ['sign']);
          return bytes(await subtle.sign('HMAC', imported, owned(message)));
        }),
      );
    },
    async verifyEd25519(publicKey, message, signature) {
      try {
        const key = await subtle.importKey('raw', owned(publicKey), 'Ed25519', false, ['verify']);
        return await subtle.verify('Ed25519', key, owned(signature), owned(message));
      } catch (error) {
        // A text that is no key is a signature that does not hold. A browser without Ed25519 is a failure.
        if (error instanceof DOMException && error.name === 'NotSupportedError') throw error;
        return false;
      }
    },
  };
}

/** WebCrypto's types refuse shared memory, and this package never makes any. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
