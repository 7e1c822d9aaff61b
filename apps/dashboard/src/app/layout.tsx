import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { Frame } from '@/components/frame/frame';
import { CommandPalette } from '@/features/palette/command-palette';
import { PREFERENCES_SCRIPT } from '@/lib/preferences-script';
import './globals.css';
import { Providers } from './providers';

export const metadata: Metadata = {
  title: { default: 'X-Ray', template: '%s · X-Ray' },
  description: 'Why did it decide that?',
};

export const viewport: Viewport = { width: 'device-width', initialScale: 1 };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" data-theme="light" suppressHydrationWarning>
      <head>
        {/* oxlint-disable-next-line react/no-danger */}
        <script dangerouslySetInnerHTML={{ __html: PREFERENCES_SCRIPT }} />
      </head>
      <body>
        <Providers>
          <Frame tools={<CommandPalette />}>{children}</Frame>
        </Providers>
      </body>
    </html>
  );
}
