'use client';

import { useEffect, useEffectEvent } from 'react';

/** Handlers by `KeyboardEvent.key`; `mod+` means Ctrl or ⌘. */
export type Hotkeys = Record<string, (event: KeyboardEvent) => void>;

/** Elements that take plain keys for themselves. */
const OWN_KEYBOARD =
  'input, textarea, select, [contenteditable="true"], [role="dialog"], [role="menu"], [role="listbox"]';

/** Enter and the space bar press these. */
const PRESSED = 'button, a, summary, [role="slider"], [role="tab"], [role="treeitem"]';

/** These keys move within an element or scroll it. */
const MOVING = new Set([
  'ArrowUp',
  'ArrowDown',
  'ArrowLeft',
  'ArrowRight',
  'Home',
  'End',
  'PageUp',
  'PageDown',
]);
const MOVED_WITHIN = '[role="tablist"], [role="tree"], [role="tabpanel"], [role="slider"]';

/** Handles keys of the whole page. Fields, menus and dialogs keep plain keys; trees, tabs and sliders keep arrows. */
export function useHotkeys(hotkeys: Hotkeys): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey) return;
    const modified = event.ctrlKey || event.metaKey;
    const handler = hotkeys[modified ? `mod+${event.key.toLowerCase()}` : event.key];
    if (handler === undefined) return;
    const isWithin = (selector: string) =>
      event.target instanceof Element && event.target.closest(selector) !== null;
    if (!modified && isWithin(OWN_KEYBOARD)) return;
    if ((event.key === ' ' || event.key === 'Enter') && isWithin(PRESSED)) return;
    if (MOVING.has(event.key) && isWithin(MOVED_WITHIN)) return;
    event.preventDefault();
    handler(event);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}
