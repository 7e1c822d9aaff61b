import type { Role } from '@xray/core';

/** Role options, the least powerful first. */
export const ROLE_OPTIONS: readonly { value: Role; label: string }[] = [
  { value: 'viewer', label: 'Viewer' },
  { value: 'editor', label: 'Editor' },
  { value: 'owner', label: 'Owner' },
];
