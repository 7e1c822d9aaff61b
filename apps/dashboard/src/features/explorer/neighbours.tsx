'use client';

import { useQuery } from '@tanstack/react-query';
import { ChevronLeftIcon, ChevronRightIcon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { Button } from '@/components/ui/button';
import { useHotkeys } from '@/lib/hotkeys';
import { executionHref } from '@/lib/links';
import { neighbourQuery } from './neighbour-query';

/** Goes to the neighbours in the list that this execution came from, also with [ and ]. */
export function Neighbours({ app, executionId }: { app: string; executionId: string }) {
  const router = useRouter();
  const { data } = useQuery(neighbourQuery(app, executionId));
  const previous = data?.previous ?? null;
  const next = data?.next ?? null;
  const go = (id: string | null) => {
    if (id !== null) router.push(executionHref(app, id));
  };
  useHotkeys({ '[': () => go(previous), ']': () => go(next) });
  if (previous === null && next === null) return null;
  return (
    <span className="flex">
      <Button
        variant="ghost"
        size="icon"
        disabled={previous === null}
        aria-label="Previous execution of the list"
        title="Previous execution of the list ([)"
        onClick={() => go(previous)}
      >
        <ChevronLeftIcon aria-hidden />
      </Button>
      <Button
        variant="ghost"
        size="icon"
        disabled={next === null}
        aria-label="Next execution of the list"
        title="Next execution of the list (])"
        onClick={() => go(next)}
      >
        <ChevronRightIcon aria-hidden />
      </Button>
    </span>
  );
}
