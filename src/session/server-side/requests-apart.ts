/**
 * Whether every timer and everything that is waited for belongs to the request that began it, and ends with it, as on Cloudflare's workerd.
 * There no request may wait for what another one does.
 */
export function keepsRequestsApart(): boolean {
  const { navigator } = globalThis as { readonly navigator?: { readonly userAgent?: string } };
  return navigator?.userAgent === "Cloudflare-Workers";
}
