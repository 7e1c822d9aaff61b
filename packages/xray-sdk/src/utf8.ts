/**
 * Converts text to UTF-8 and back. jsdom has no encoder, so there a slow one replaces it: hosts run
 * their tests with the SDK.
 */
export const encoder: Pick<TextEncoder, 'encode' | 'encodeInto'> =
  typeof TextEncoder === 'undefined' ? plainEncoder() : new TextEncoder();

export const decoder: { decode(bytes: Uint8Array): string } =
  typeof TextDecoder === 'undefined' ? { decode: decodePlainly } : new TextDecoder();

function plainEncoder(): typeof encoder {
  return {
    encode: encodePlainly,
    encodeInto: (text, target) => {
      const bytes = encodePlainly(text);
      target.set(bytes);
      return { read: text.length, written: bytes.length };
    },
  };
}

/**
 * Percent-encoding is based on UTF-8 (ECMA-262, encodeURIComponent). It refuses lone surrogates.
 */
function encodePlainly(text = ''): Uint8Array<ArrayBuffer> {
  const percented = encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD'));
  const binary = percented.replace(/%(..)/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function decodePlainly(bytes: Uint8Array): string {
  const percented = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`);
  return decodeURIComponent(percented.join(''));
}
