/** IPv4 addresses of this machine and of private networks (RFC 1122, 1918, 3927 and 6598). */
const NEAR_V4 =
  /^(?:127|10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.[\d.]+$|^0\.0\.0\.0$/;
/** The same for IPv6 (RFC 4193 and 4291), in the brackets of a URL. */
const NEAR_V6 = /^\[(?:::1?|f[cd][\da-f]{2}:.*|fe[89ab][\da-f]:.*)\]$/;
/** Names without a dot, as of a container, and the domains that only a private network knows. */
const NEAR_NAME = /^[^.:]+$|\.(?:localhost|local|internal)$/;

/** Whether the host of a URL is this machine or in a private network. */
export function isNear(hostname: string): boolean {
  return [NEAR_V4, NEAR_V6, NEAR_NAME].some((pattern) => pattern.test(hostname));
}
