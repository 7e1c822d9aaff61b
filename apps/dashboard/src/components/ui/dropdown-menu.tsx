import { CheckIcon } from 'lucide-react';
import { DropdownMenu as Primitive } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from '@/lib/cn';

/** Not modal: the page stays readable and usable while a small menu is open. */
export function DropdownMenu(props: ComponentProps<typeof Primitive.Root>) {
  return <Primitive.Root modal={false} {...props} />;
}

export const DropdownMenuTrigger = Primitive.Trigger;
export const DropdownMenuRadioGroup = Primitive.RadioGroup;

const ITEM =
  'relative flex min-h-8 cursor-pointer items-center gap-2 rounded px-2 text-sm outline-none data-[highlighted]:bg-hover [&_svg]:size-4';

export function DropdownMenuContent({
  className,
  ...props
}: ComponentProps<typeof Primitive.Content>) {
  return (
    // The menu is inside <main>, so it belongs to a landmark too.
    <Primitive.Portal container={pageElement()}>
      <Primitive.Content
        align="end"
        sideOffset={4}
        collisionPadding={8}
        className={cn(
          'z-50 max-h-[70dvh] min-w-44 overflow-y-auto rounded-md border border-line-strong bg-panel p-1 text-ink shadow-lg',
          className,
        )}
        {...props}
      />
    </Primitive.Portal>
  );
}

function pageElement(): HTMLElement | null {
  return typeof document === 'undefined' ? null : document.getElementById('page');
}

export function DropdownMenuItem({ className, ...props }: ComponentProps<typeof Primitive.Item>) {
  return <Primitive.Item className={cn(ITEM, className)} {...props} />;
}

export function DropdownMenuLabel({ className, ...props }: ComponentProps<typeof Primitive.Label>) {
  return (
    <Primitive.Label
      className={cn('px-2 pt-1.5 pb-1 text-xs text-ink-faint', className)}
      {...props}
    />
  );
}

export function DropdownMenuSeparator() {
  return <Primitive.Separator className="-mx-1 my-1 h-px bg-line" />;
}

export function DropdownMenuRadioItem({
  className,
  children,
  ...props
}: ComponentProps<typeof Primitive.RadioItem>) {
  return (
    <Primitive.RadioItem className={cn(ITEM, 'pr-8', className)} {...props}>
      {children}
      <Primitive.ItemIndicator className="absolute right-2">
        <CheckIcon aria-hidden className="text-accent" />
      </Primitive.ItemIndicator>
    </Primitive.RadioItem>
  );
}
