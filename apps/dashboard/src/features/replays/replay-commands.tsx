import { CopyButton } from '@/components/copy-button';
import { replayCommands } from '@/lib/replay-commands';

/** The commands that pull records and replay them. */
export function ReplayCommands({ app, q }: { app: string; q: string | null }) {
  const text = replayCommands(app, q);
  return (
    <div className="flex max-w-full flex-col gap-2">
      {/* The keyboard must reach a scrolling box (WCAG 2.1.1). */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} className="text-mono max-w-full overflow-x-auto rounded-md bg-sunken p-3">
        {text}
      </pre>
      <CopyButton text={text} label="Copy the commands" withLabel className="self-start" />
    </div>
  );
}
