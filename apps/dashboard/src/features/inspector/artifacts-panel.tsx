import type { Artifact } from '@xray/core';
import { CopyButton } from '@/components/copy-button';
import { IdText } from '@/components/id-text';
import { ScrollText } from '@/components/scroll-text';
import { formatBytes } from '@/lib/format';

/** Shows a step's artifacts as text, because links from other people are not safe. */
export function ArtifactsPanel({ artifacts }: { artifacts: readonly Artifact[] }) {
  return (
    <ul className="divide-y divide-line">
      {artifacts.map((artifact, index) => (
        // Names may repeat, and the snapshot's order never changes.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={index} className="flex flex-col gap-1 px-4 py-3 text-sm">
          <div className="flex min-w-0 flex-wrap items-baseline gap-x-3">
            <span className="min-w-0 font-medium wrap-anywhere">{artifact.name}</span>
            <span className="wrap-anywhere text-ink-muted">{artifact.mediaType}</span>
            <span className="text-ink-muted">{formatBytes(artifact.bytes)}</span>
          </div>
          {artifact.uri ? <Uri uri={artifact.uri} /> : null}
          {artifact.sha256 ? (
            <span className="flex items-center gap-1 text-xs text-ink-muted">
              SHA-256 <IdText id={artifact.sha256} label="SHA-256" />
            </span>
          ) : null}
          {artifact.inline ? (
            <>
              <ScrollText label={`Content of ${artifact.name}`} text={artifact.inline} />
              <CopyButton
                text={artifact.inline}
                label="Copy content"
                withLabel
                className="-ml-2 self-start"
              />
            </>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

/** Only web addresses become links. */
function Uri({ uri }: { uri: string }) {
  const isWeb = /^https?:\/\//i.test(uri);
  return (
    <span className="flex min-w-0 items-center gap-1">
      {isWeb ? (
        <a
          href={uri}
          target="_blank"
          rel="noopener noreferrer nofollow"
          className="min-w-0 wrap-anywhere text-accent underline"
        >
          {uri}
        </a>
      ) : (
        <code className="text-mono min-w-0 wrap-anywhere">{uri}</code>
      )}
      <CopyButton text={uri} label="Copy address" />
    </span>
  );
}
