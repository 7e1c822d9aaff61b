/**
 * Encodes a text as one path segment of the API. Clients that follow the URL standard remove `.` and `..`,
 * even percent-encoded, so these get a leading `~`. Source: https://url.spec.whatwg.org/#path-state
 */
export function pathSegment(text: string): string {
  return encodeURIComponent(/^~*\.{1,2}$/.test(text) ? `~${text}` : text);
}

/** Decodes a segment made by `pathSegment`. */
export function textOfSegment(segment: string): string {
  return /^~+\.{1,2}$/.test(segment) ? segment.slice(1) : segment;
}
