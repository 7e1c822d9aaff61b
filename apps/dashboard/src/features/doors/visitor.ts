import { queryOptions, useQuery } from '@tanstack/react-query';
import { getMe } from '@/lib/access-api';
import { visitorQuery } from '@/lib/queries';
import { arrive } from '@/lib/session';

/**
 * The query repeats when the tab is shown, because the person may have signed in in another tab.
 */
const ON_RETURN = { refetchOnWindowFocus: 'always', retry: false } as const;

/** The signed-in person, if any. */
export function useVisitor() {
  return useQuery({ ...visitorQuery, ...ON_RETURN });
}

/**
 * Sends signed-in people to `next`. It is a query rather than an effect, because the answer
 * decides.
 */
export const onwardQuery = (next: string | null) =>
  queryOptions({
    queryKey: ['onward', next],
    queryFn: async ({ signal }) => {
      const me = await getMe(signal);
      if (me !== null) arrive(next);
      return me;
    },
    staleTime: 0,
    ...ON_RETURN,
  });
