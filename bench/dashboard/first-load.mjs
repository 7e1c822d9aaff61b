import { readdirSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const OUT = path.resolve(import.meta.dirname, '../../apps/dashboard/out');

/** The scripts that a page's own HTML asks for, gzipped: what has to be there before it works. */
export async function firstLoads({ server }, _sizes, print) {
  const pages = readdirSync(OUT)
    .filter((name) => name.endsWith('.html') && !/^(404|_not-found)/.test(name))
    .toSorted();
  for (const file of pages) {
    const route = `/${file.replace(/(index)?\.html$/, '')}`;
    const html = await read(server, route);
    // What is for browsers without modules is fetched by no browser of today.
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
