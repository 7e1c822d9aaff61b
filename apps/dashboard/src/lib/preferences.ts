'use client';

import { useSyncExternalStore } from 'react';
import type { Zone } from './format';
import { RAIL_KEY, THEME_KEY, ZONE_KEY } from './preferences-script';

export type Theme = 'light' | 'dark' | 'system';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const media = matchMedia('(prefers-color-scheme: dark)');
  const onChange = () => {
    applyTheme();
    listener();
  };
  media.addEventListener('change', onChange);
  window.addEventListener('storage', onChange);
  return () => {
    listeners.delete(listener);
    media.removeEventListener('change', onChange);
    window.removeEventListener('storage', onChange);
  };
}

// Storage can be forbidden (private windows, policies). A preference then lasts as long as the page.
const fallback = new Map<string, string>();

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return fallback.get(key) ?? null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    fallback.set(key, value);
  }
  for (const listener of listeners) listener();
}

function readTheme(): Theme {
  const theme = read(THEME_KEY);
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

function applyTheme(): void {
  const theme = readTheme();
  const dark =
    theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, readTheme, () => 'system');
}

export function setTheme(theme: Theme): void {
  write(THEME_KEY, theme);
  applyTheme();
}

export function useZone(): Zone {
  return useSyncExternalStore(
    subscribe,
    () => (read(ZONE_KEY) === 'utc' ? 'utc' : 'local'),
    () => 'utc',
  );
}

export function setZone(zone: Zone): void {
  write(ZONE_KEY, zone);
}

export function useRailOpen(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => read(RAIL_KEY) !== 'closed',
    () => true,
  );
}

export function setRailOpen(open: boolean): void {
  write(RAIL_KEY, open ? 'open' : 'closed');
  if (open) delete document.documentElement.dataset['rail'];
  else document.documentElement.dataset['rail'] = 'closed';
}

/** The text stored in this browser under a name. Null if there is none, and in static HTML. */
export function useStored(key: string): string | null {
  return useSyncExternalStore(
    subscribe,
    () => read(key),
    () => null,
  );
}

export function store(key: string, value: string): void {
  write(key, value);
}
