/** Statuses of an answer that sends to another place; the same in HTTP (RFC 9110, 15.4) and RTSP. */
export const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
