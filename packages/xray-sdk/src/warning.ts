const MAX_WARNINGS = 50;
const warned = new Set<string>();

/** Warns the developer once per process and message. Never throws, even if the host replaced `console`. */
export function warnOnce(message: string): void {
  if (warned.has(message) || warned.size >= MAX_WARNINGS) return;
  warned.add(message);
  try {
    console.warn(`[xray] ${message}`);
  } catch {
    // The host's console throws, and the SDK has no other place to warn.
  }
}
