import { signatureHeaders } from '../../../proto/http/webhook-signature.js';
import type { Notice } from '../files/file.js';
import { noticeText } from '../notices/notice-texts.js';

const PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Keys that a secret stands for. With the prefix of Standard Webhooks it is base64; a secret without it is signed with by
 * its bytes and, where it reads as base64, by what that says: a receiver takes a request that one of its signatures fits.
 */
function signingKeys(secret: string): Uint8Array[] {
  if (secret.startsWith(PREFIX)) return [Buffer.from(secret.slice(PREFIX.length), 'base64')];
  const bytes = Buffer.from(secret, 'utf8');
  return BASE64.test(secret) ? [bytes, Buffer.from(secret, 'base64')] : [bytes];
}

/** A notice as `GET /v1/notices` shows it, with the headers of Standard Webhooks. */
export function signedNotice(notice: Notice, secret: string): { body: string; headers: Record<string, string> } {
  const body = JSON.stringify({ ...notice, text: noticeText(notice, 'zh') });
  const signature = signatureHeaders(notice.id, body, signingKeys(secret), Date.now());
  return { body, headers: { 'content-type': 'application/json', 'user-agent': 'sluice', ...signature } };
}
