'use client';

import Markdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';

// Recorded texts come from anybody: no HTML, no images (their address would tell who reads), no referrer.
const COMPONENTS: Components = {
  a: ({ href, children }) => (
    <a
      href={href}
      target="_blank"
      rel="noopener noreferrer nofollow"
      className="text-accent underline"
    >
      {children}
    </a>
  ),
  img: ({ alt, src }) => (
    <span className="text-ink-muted">
      [image{alt ? `: ${alt}` : ''} {typeof src === 'string' ? src : ''}]
    </span>
  ),
};

/** Markdown as elements, in the direction of its text. */
export function MarkdownText({ text }: { text: string }) {
  return (
    <div dir="auto" className="markdown wrap-anywhere [unicode-bidi:plaintext]">
      <Markdown remarkPlugins={[remarkGfm]} components={COMPONENTS}>
        {text}
      </Markdown>
    </div>
  );
}
