import { createHash } from 'node:crypto';

/** Texts of the assessments that the entries of these tests name. */
export const ASSESSMENTS = {
  secrecy: 'assessment of secrecy',
  personal: 'assessment of personal information',
} as const;

export const digestOfPaper = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');

/** Stores a paper as an officer, and returns its digest for `attachments`. */
export async function storePaper(
  { url, tokens }: { url: string; tokens: ReadonlyMap<string, string> },
  who: string,
  text: string | Uint8Array,
  type = 'text/plain',
): Promise<string> {
  const headers = { authorization: `Bearer ${tokens.get(who)}`, 'content-type': type };
  const answer = await fetch(`${url}/v1/attachments`, { method: 'POST', headers, body: text });
  const { sha256 } = (await answer.json()) as { sha256?: string };
  if (sha256 === undefined) throw new Error(`${who} stores a paper: ${answer.status}`);
  return sha256;
}
