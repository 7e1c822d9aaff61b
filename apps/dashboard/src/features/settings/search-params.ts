import { parseAsString, parseAsStringLiteral } from 'nuqs';

export const TABS = [
  'apps',
  'keys',
  'connect',
  'members',
  'dictionary',
  'data',
  'audit',
  'people',
  'profile',
] as const;
export type Tab = (typeof TABS)[number];

export const settingsParams = {
  app: parseAsString,
  tab: parseAsStringLiteral(TABS).withDefault('apps'),
  find: parseAsString.withDefault(''),
};

/** The filter of the audit log. */
export const auditParams = {
  actor: parseAsString.withDefault(''),
  action: parseAsString.withDefault(''),
  target: parseAsString.withDefault(''),
};
