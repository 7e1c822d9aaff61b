import { start as startPlain } from './x-ray.mjs';

/** As for a server that is not near. */
export function start(endpoint) {
  return startPlain(endpoint, { compress: true });
}
