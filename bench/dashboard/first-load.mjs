import { readdirSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const OUT = path.resolve(import.meta.dirname, '../../apps/dashboard/out');

/** Size of the scripts that a page's HTML requests, gzipped. The page works once they are loaded. */
export async function firstLoads({ server }, _sizes, print) {
  const pages = readdirSync(OUT)
    .filter((name) => name.endsWith('.html') && !/^(404|_not-found)/.test(name))
    .toSorted();
  for (const file of pages) {
    const route = `/${file.replace(/(index)?\.html$/, '')}`;
    const html = await read(server, route);
    // Current browsers do not fetch scripts for browsers without modules.
    const tags = [...html.matchAll(/<script[^>]* src="([^"]+)"[^>]*>/g)].filter(
      ([tag]) => !/nomodule/i.test(tag),
    );
    const scripts = new Set(tags.map(([, src]) => src));
    let bytes = 0;
    for (const script of scripts) bytes += gzipSync(await read(server, script)).byteLength;
    print(`${route}, ${scripts.size} scripts`, `${(bytes / 1_000).toFixed(1)} kB`, 'at most 250');
  }
}

async function read(server, place) {
  const answer = await fetch(new URL(place, server.url));
  if (!answer.ok) throw new Error(`${place}: ${answer.status}`);
  return await answer.text();
}
