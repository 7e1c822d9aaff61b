/** Copies text; false when the browser does not let us (no permission, or a page not served securely). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
