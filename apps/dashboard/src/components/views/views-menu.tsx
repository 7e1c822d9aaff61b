'use client';

import { useQuery } from '@tanstack/react-query';
import { BookmarkIcon } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import { ICON_ON_PHONE } from '@/components/ui/button';
import { lazyMenu } from '@/components/ui/lazy-menu';
import { isSameView, viewParams, viewsQuery } from './saved-views';

const Menu = lazyMenu(async () => (await import('./views-menu-content')).ViewsMenuContent);

/** Saved views: the person's own, and those shared in the app. */
export function ViewsMenu({ app }: { app: string }) {
  const current = viewParams(useSearchParams().toString());
  const views = useQuery(viewsQuery(app));
  const shown = views.data?.items.find(({ params }) => isSameView(params, current));
  return (
    <Menu
      content={{ app, views, current, shownId: shown?.id }}
      popup="dialog"
      className={ICON_ON_PHONE}
      title={shown === undefined ? 'Saved views' : `Saved view: ${shown.name}`}
    >
      <BookmarkIcon aria-hidden className={shown && 'fill-current text-accent'} />
      <span className="max-md:sr-only">Views</span>
    </Menu>
  );
}
