'use client';

import { useEffect, useEffectEvent } from 'react';

/** Handlers by `KeyboardEvent.key`, `mod+` standing for Ctrl or ⌘. */
export type Hotkeys = Record<string, (event: KeyboardEvent) => void>;

const OWN_KEYBOARD =
  'input, textarea, select, [contenteditable="true"], [role="dialog"], [role="menu"], [role="listbox"], [role="tablist"]';

/** What Enter and the space bar press. */
const PRESSED = 'button, a, summary, [role="slider"], [role="tab"], [role="treeitem"]';

/** Keys of the whole page. Plain keys stay with whatever has a keyboard of its own: fields, menus, dialogs. */
export function useHotkeys(hotkeys: Hotkeys): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey) return;
    const modified = event.ctrlKey || event.metaKey;
    const handler = hotkeys[modified ? `mod+${event.key.toLowerCase()}` : event.key];
    if (handler === undefined) return;
    if (!modified && event.target instanceof Element && event.target.closest(OWN_KEYBOARD)) return;
    const presses = event.key === ' ' || event.key === 'Enter';
    if (presses && event.target instanceof Element && event.target.closest(PRESSED)) return;
    event.preventDefault();
    handler(event);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
}
