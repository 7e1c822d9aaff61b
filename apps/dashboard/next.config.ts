import type { NextConfig } from 'next';
import { PHASE_DEVELOPMENT_SERVER } from 'next/constants';

// Next would send telemetry for each build. Setting this here works in every shell and on every system.
process.env['NEXT_TELEMETRY_DISABLED'] = '1';

const API_ORIGIN = 'http://127.0.0.1:4000';

const shared: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  // The types that Next generates have unused names, which our tsconfig.json forbids. `npm run check` checks
  // the types. Checking them in the build too would take twice as long.
  typescript: { tsconfigPath: 'tsconfig.next.json', ignoreBuildErrors: true },
  experimental: {
    optimizePackageImports: ['radix-ui', 'lucide-react'],
    // Writing this cache takes a third of a first build, and `npm start` builds only once.
    turbopackFileSystemCacheForBuild: false,
  },
};

/**
 * A build is exported to static files; `next dev` proxies to a server on its usual port. A build that is
 * hosted separately gets its own folder, because the server serves `out`.
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
        // `/executions` is also a page. Only requests with a key are for ingest.
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
