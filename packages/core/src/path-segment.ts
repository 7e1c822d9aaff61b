/**
 * A text as one segment of an address of the API. A segment `.` or `..` would be taken away by every client that follows the
 * URL standard, also when it is percent-encoded, so `~` is put before it. Source: https://url.spec.whatwg.org/#path-state
 */
export function pathSegment(text: string): string {
  return encodeURIComponent(/^~*\.{1,2}$/.test(text) ? `~${text}` : text);
}

/** The text of a decoded segment that `pathSegment` made. */
export function textOfSegment(segment: string): string {
  return /^~+\.{1,2}$/.test(segment) ? segment.slice(1) : segment;
}
