'use client';

import { Suspense, useState, type ReactElement, type ReactNode } from 'react';
import { Button, type ButtonProps } from './button';

interface LazyMenuProps extends ButtonProps {
  /** Loads what `renderOpened` needs; called when somebody is about to open it, perhaps often. */
  load: () => Promise<unknown>;
  /** The menu around its trigger, open from the start. */
  renderOpened: (trigger: ReactElement) => ReactNode;
  popup?: 'menu' | 'dialog';
}

/**
 * A button whose menu, with all that menus are made of, is no part of a page's first load. The button
 * looks the same before and after, so that nothing moves.
 */
export function LazyMenu({ load, renderOpened, popup = 'menu', ...button }: LazyMenuProps) {
  const [asked, setAsked] = useState(false);
  const waiting = (
    <Button
      aria-haspopup={popup}
      aria-expanded={false}
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={() => setAsked(true)}
      {...button}
    />
  );
  if (!asked) return waiting;
  return <Suspense fallback={waiting}>{renderOpened(<Button {...button} />)}</Suspense>;
}
