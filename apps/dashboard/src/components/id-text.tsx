import { cn } from '@/lib/cn';
import { truncateMiddle } from '@/lib/format';
import { CopyButton } from './copy-button';

/** An id, cut in its middle. Hovering shows it whole, and a click copies it. */
export function IdText({
  id,
  maxLength = 20,
  label,
  className,
}: {
  id: string;
  maxLength?: number;
  label: string;
  className?: string;
}) {
  return (
    <span className={cn('inline-flex min-w-0 items-center gap-0.5', className)}>
      <span className="text-mono truncate" title={id}>
        {truncateMiddle(id, maxLength)}
      </span>
      <CopyButton text={id} label={`Copy ${label}`} />
    </span>
  );
}
