'use client';

import { lazy, Suspense, useState, type ComponentType, type ReactElement } from 'react';
import { Button, type ButtonProps } from './button';

/** A menu's content shows its trigger, and is open when it is first shown. */
interface HasTrigger {
  trigger: ReactElement;
}

interface LazyMenuProps<Props> extends Omit<ButtonProps, 'content'> {
  /** The content's props except the trigger. */
  content: Omit<Props, 'trigger'>;
  popup?: 'menu' | 'dialog';
}

/**
 * Makes a button whose menu is not part of a page's first load. `load` is called when the pointer or the focus
 * comes near. The button looks the same before and after, so nothing moves.
 */
export function lazyMenu<Props extends HasTrigger>(load: () => Promise<ComponentType<Props>>) {
  const Content = lazy(async () => ({ default: await load() }));
  return function LazyMenu({ content, popup = 'menu', ...button }: LazyMenuProps<Props>) {
    const [isRequested, setIsRequested] = useState(false);
    const waiting = (
      <Button
        aria-haspopup={popup}
        aria-expanded={false}
        onPointerEnter={() => void load()}
        onFocus={() => void load()}
        onClick={() => setIsRequested(true)}
        {...button}
      />
    );
    if (!isRequested) return waiting;
    return (
      <Suspense fallback={waiting}>
        <Content {...withTrigger<Props>(content, <Button {...button} />)} />
      </Suspense>
    );
  };
}

/**
 * `content` has all props except the trigger. TypeScript cannot combine the two for a generic type.
 */
function withTrigger<Props extends HasTrigger>(
  content: Omit<Props, 'trigger'>,
  trigger: ReactElement,
): Props {
  return { ...content, trigger } as Props;
}
