import type { Body, LawfulClient } from '../../lawful-bus.js';

const LIMIT = 1000;
/** More pages than any walk fills. */
const PAGES_MAX = 100;

/** A list as it is read page by page; `query` begins with `&`. */
export async function pages(client: LawfulClient, who: string, kind: string, query = ''): Promise<Body[]> {
  const all: Body[] = [];
  let after = '';
  for (let page = 0; page < PAGES_MAX; page++) {
    const body = await client.read(who, `/v1/${kind}?limit=${LIMIT}${query}${after}`);
    all.push(...(body.files ?? body.grants ?? body.notices));
    if (!body.next) break;
    after = `&after=${encodeURIComponent(body.next)}`;
  }
  return all;
}
