const MAX_WARNINGS = 50;
const warned = new Set<string>();

/** Tells the developer, once per process and message; never throws, whatever the host made of `console`. */
export function warnOnce(message: string): void {
  if (warned.has(message) || warned.size >= MAX_WARNINGS) return;
  warned.add(message);
  try {
    console.warn(`[xray] ${message}`);
  } catch {
    // A console that throws is not ours to mend.
  }
}
