'use client';

import { CheckIcon, CopyIcon } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { copyText } from '@/lib/clipboard';
import { cn } from '@/lib/cn';
import { Button, type ButtonProps } from './ui/button';

const SHOWN_MS = 1_600;

interface CopyButtonProps extends Omit<ButtonProps, 'onClick'> {
  /** The text, or a function that makes it. A large value becomes text only on a click. */
  text: string | (() => string);
  label: string;
  /** Shows the label beside the icon. */
  withLabel?: boolean;
}

export function CopyButton({
  text,
  label,
  withLabel = false,
  className,
  ...props
}: CopyButtonProps) {
  const [result, setResult] = useState<'copied' | 'failed' | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const copy = async () => {
    const copied = await copyText(typeof text === 'function' ? text() : text);
    setResult(copied ? 'copied' : 'failed');
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setResult(null), SHOWN_MS);
  };

  const said = result === 'copied' ? 'Copied' : result === 'failed' ? 'Could not copy' : label;
  return (
    <Button
      variant="ghost"
      size={withLabel ? 'sm' : 'iconSm'}
      {...props}
      className={cn('[&_svg]:size-3.5', className)}
      title={said}
      aria-label={withLabel ? undefined : label}
      onClick={(event) => {
        event.preventDefault();
        event.stopPropagation();
        void copy();
      }}
    >
      {result === 'copied' ? (
        <CheckIcon aria-hidden className="text-positive" />
      ) : (
        <CopyIcon aria-hidden />
      )}
      {withLabel ? said : null}
      <output className="sr-only">{result === null ? '' : said}</output>
    </Button>
  );
}
