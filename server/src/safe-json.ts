/** JSON escapes control characters below U+0020. A terminal also acts on these. */
const UNSAFE = /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/g;

/** JSON text that is safe to show in a terminal. Only strings hold these characters, so the value is the same. */
export function safeJson(json: string): string {
  return json.replace(
    UNSAFE,
    (unsafe) => `\\u${unsafe.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
