import { queryOptions, useQuery } from '@tanstack/react-query';
import { getMe } from '@/lib/access-api';
import { visitorQuery } from '@/lib/queries';
import { arrive } from '@/lib/session';

/** Asked again when the tab is shown: somebody may have signed in in another one. */
const ON_RETURN = { refetchOnWindowFocus: 'always', retry: false } as const;

/** Who is signed in, for a door that people pass in either case. */
export function useVisitor() {
  return useQuery({ ...visitorQuery, ...ON_RETURN });
}

/** Sends people who are signed in on to `next`. A query rather than an effect, as the answer decides. */
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
