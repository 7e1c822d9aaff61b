import { useId, type ComponentProps } from 'react';
import { inputClasses } from '@/components/ui/field';
import { cn } from '@/lib/cn';

interface SelectProps extends ComponentProps<'select'> {
  label: string;
  options: readonly { value: string; label: string }[];
  /** Hides the label where the context shows it. */
  isLabelHidden?: boolean;
}

export function Select({
  label,
  options,
  isLabelHidden = false,
  className,
  ...props
}: SelectProps) {
  const id = useId();
  return (
    <div className={cn('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className={isLabelHidden ? 'sr-only' : 'text-sm font-medium'}>
        {label}
      </label>
      <select id={id} className={inputClasses} {...props}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}
