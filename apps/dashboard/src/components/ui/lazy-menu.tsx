'use client';

import { lazy, Suspense, useState, type ComponentType, type ReactElement } from 'react';
import { Button, type ButtonProps } from './button';

/** Content of a menu: it shows the trigger, and is open when it is first shown. */
type MenuContent<Props> = ComponentType<Props & { trigger: ReactElement }>;

interface LazyMenuProps<Props> extends Omit<ButtonProps, 'content'> {
  /** Goes to the content. */
  content: Props;
  popup?: 'menu' | 'dialog';
}

/**
 * Makes a button whose menu is not part of a page's first load. `load` is called when the pointer or the focus
 * comes near. The button looks the same before and after, so nothing moves.
 */
export function lazyMenu<Props extends object>(load: () => Promise<MenuContent<Props>>) {
  const Content = lazy(async () => ({ default: await load() }));
  return function LazyMenu({ content, popup = 'menu', ...button }: LazyMenuProps<Props>) {
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
    return (
      <Suspense fallback={waiting}>
        <Content {...content} trigger={<Button {...button} />} />
      </Suspense>
    );
  };
}
