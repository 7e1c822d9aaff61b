'use client';

import type { ReactNode } from 'react';
import { cn } from '@/lib/cn';
import { Dialog, DialogTitle, SheetContent } from './dialog';

/** A side panel for narrow screens, opened from the bottom edge. */
export function Sheet({
  title,
  titleShown = false,
  onClose,
  children,
}: {
  title: string;
  titleShown?: boolean;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <Dialog open onOpenChange={onClose}>
      <SheetContent>
        <DialogTitle className={cn(titleShown ? 'px-4 pt-3 pb-1 font-semibold' : 'sr-only')}>
          {title}
        </DialogTitle>
        {children}
      </SheetContent>
    </Dialog>
  );
}
