import type { NextConfig } from 'next';
import { PHASE_DEVELOPMENT_SERVER } from 'next/constants';

// Next would report each build to its makers. Set here, it holds in every shell and on every system.
process.env['NEXT_TELEMETRY_DISABLED'] = '1';

const API_ORIGIN = 'http://127.0.0.1:4000';

const shared: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  // The types that Next writes hold unused names, which our own tsconfig.json refuses. `npm run check` looks at
  // types: a build that did so too would take twice as long.
  typescript: { tsconfigPath: 'tsconfig.next.json', ignoreBuildErrors: true },
  experimental: {
    optimizePackageImports: ['radix-ui', 'lucide-react'],
    // Writing that cache takes a third of a first build, and `npm start` builds once.
    turbopackFileSystemCacheForBuild: false,
  },
};

/**
 * A build is exported to static files; `next dev` proxies to a server on its usual port instead. One that
 * is to be hosted apart lies in a folder of its own, since the server serves `out`.
 */
export default function config(phase: string): NextConfig {
  if (phase !== PHASE_DEVELOPMENT_SERVER) {
    const isApart = Boolean(process.env['NEXT_PUBLIC_API_BASE_URL']);
    return { ...shared, output: 'export', ...(isApart && { distDir: 'out-apart' }) };
  }
  return {
    ...shared,
    rewrites: async () => ({
      beforeFiles: [
        { source: '/api/:path*', destination: `${API_ORIGIN}/api/:path*` },
        { source: '/sdk/:path*', destination: `${API_ORIGIN}/sdk/:path*` },
        // `/executions` is a page too: only what carries a key is meant for ingest.
        ...['authorization', 'x-api-key'].map((key) => ({
          source: '/executions',
          has: [{ type: 'header' as const, key }],
          destination: `${API_ORIGIN}/executions`,
        })),
      ],
      afterFiles: [],
      fallback: [],
    }),
  };
}
