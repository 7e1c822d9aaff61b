import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { RequestHandler } from 'express';

interface StaticFile {
  file: string;
  /** Only pages have a policy. */
  policy: string | undefined;
  cacheControl: string;
}

const IMMUTABLE = 'public, max-age=31536000, immutable';
const REVALIDATE = 'no-cache';

/**
 * Serves the exported dashboard from a map made at start, so the path of a request never reaches
 * the file system. Each page's policy allows only the page's own inline scripts, by their hashes.
 */
export function serveDashboard(directory: string, clerkOrigin?: string): RequestHandler {
  const files = mapFiles(directory, clerkOrigin);
  const missing = files.get('/404');
  return (req, res, next) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      next();
      return;
    }
    const found = files.get(req.path);
    if (found !== undefined) {
      send(found, 200);
      return;
    }
    const bare = req.path.replace(/\/+$/, '');
    if (bare !== req.path && files.has(bare)) {
      res.redirect(308, bare + req.url.slice(req.path.length));
      return;
    }
    if (missing !== undefined && req.accepts(['json', 'html']) === 'html') send(missing, 404);
    else next();

    function send({ file, policy, cacheControl }: StaticFile, status: number): void {
      if (policy !== undefined) res.set('Content-Security-Policy', policy);
      res.set('Cache-Control', cacheControl).status(status);
      res.sendFile(file, { cacheControl: false, dotfiles: 'allow' });
    }
  };
}

function mapFiles(directory: string, clerkOrigin: string | undefined): Map<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const url = `/${path.relative(directory, file).split(path.sep).join('/')}`;
    const isPage = url.endsWith('.html');
    const where = isPage ? url.slice(0, -'.html'.length).replace(/\/index$/, '/') : url;
    files.set(where, {
      file,
      policy: isPage ? contentSecurityPolicy(readFileSync(file, 'utf8'), clerkOrigin) : undefined,
      cacheControl: url.startsWith('/_next/static/') ? IMMUTABLE : REVALIDATE,
    });
  }
  // Browsers ask for this address while no page with a link to the icon is open.
  const icon = files.get('/icon.svg');
  if (icon !== undefined && !files.has('/favicon.ico')) files.set('/favicon.ico', icon);
  return files;
}

/** Styles cannot use hashes, because virtual lists and overlays set them at run time. */
function contentSecurityPolicy(html: string, clerkOrigin: string | undefined): string {
  const inline = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  // https://clerk.com/docs/security/clerk-csp
  const clerk =
    clerkOrigin === undefined
      ? { source: '', image: '', rest: [] }
      : {
          source: ` ${clerkOrigin} https://challenges.cloudflare.com`,
          image: ' https://img.clerk.com',
          rest: ["worker-src 'self' blob:", 'frame-src https://challenges.cloudflare.com'],
        };
  return [
    "default-src 'none'",
    `script-src 'self' ${[...new Set(inline)].join(' ')}${clerk.source}`,
    "style-src 'self' 'unsafe-inline'",
    `img-src 'self' data:${clerk.image}`,
    "font-src 'self'",
    `connect-src 'self'${clerkOrigin === undefined ? '' : ` ${clerkOrigin}`}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    ...clerk.rest,
  ].join('; ');
}
