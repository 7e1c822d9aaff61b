import type { Request } from 'express';

const LOCAL_NAME = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;
const LOCAL_ADDRESS = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
/** Headers that proxies, load balancers and CDNs add. RFC 7239 (Forwarded), RFC 9110 (Via), RFC 8586 (CDN-Loop). */
const ADDED_ON_THE_WAY =
  /^(forwarded|forwarded-for|via|cdn-loop|x-forwarded|x-forwarded-.*|x-real-.*|x-original-.*|x-client-ip|x-cluster-client-ip|true-client-ip|.*-client-ip|cf-.*|x-amzn-.*|x-azure-.*|x-envoy-.*|x-appengine-.*|x-vercel-.*|x-proxy-.*|proxy-connection)$/;

/**
 * Whether a program on this machine sent the request: the connection and the host name are local, and
 * no proxy added a header. A `publicUrl` with another name means a proxy that may add no header, so no
 * network request counts then. This also excludes pages that use DNS rebinding.
 */
export function isThisMachine(req: Request, publicUrl: string | undefined): boolean {
  if (publicUrl !== undefined && !LOCAL_NAME.test(new URL(publicUrl).host)) return false;
  return (
    LOCAL_ADDRESS.test(req.socket.remoteAddress ?? '') &&
    LOCAL_NAME.test(req.get('host') ?? '') &&
    !Object.keys(req.headers).some((name) => ADDED_ON_THE_WAY.test(name))
  );
}
