/** The list that this tab showed last, as the text of its key. It survives a reload. */
const STORED_AS = 'xray-last-list';
let remembered: string | null = null;

export function rememberList(key: string): void {
  remembered = key;
  try {
    sessionStorage.setItem(STORED_AS, key);
  } catch {
    // Storage can be forbidden. The list is then remembered until a reload.
  }
}

export function lastList(): string | null {
  if (remembered !== null) return remembered;
  try {
    return sessionStorage.getItem(STORED_AS);
  } catch {
    return null;
  }
}
