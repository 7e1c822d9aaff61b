import { parseAsString, parseAsStringLiteral } from 'nuqs';

export const TABS = ['profile'] as const;
export type Tab = (typeof TABS)[number];

export const settingsParams = {
  app: parseAsString,
  tab: parseAsStringLiteral(TABS).withDefault('profile'),
};
