import { useSearchParams } from 'next/navigation';
import { createContext, useContext } from 'react';

/** The app of a part of a page whose address names no app, such as a card of the first page. */
export const AppScope = createContext<string | null>(null);

/** The app whose names and meanings are shown here. */
export function useShownApp(): string | null {
  const scoped = useContext(AppScope);
  const addressed = useSearchParams().get('app');
  return scoped ?? addressed;
}
