import type { GrantDocument } from '../../../proto/entry/grant.js';
import { documentOf, type Grant, shownStatusAt } from '../../grants/grant.js';

/**
 * Bounds the documents of a page, as JSON. A page is written in one turn of the event loop, and each of a thousand grants may have sets of
 * 10,000 values: a subscriber's own list took half a second and 120 MB.
 */
const PAGE_CHARACTERS_MAX = 1024 * 1024;

export interface GrantPage {
  grants: GrantDocument[];
  /** Id of the last grant, where there are more. */
  next: string | undefined;
}

/** The first of the grants, which are in the order of their ids: at most `limit`, and at least one where there is any. */
export function grantPage(grants: readonly Grant[], limit: number, nowMs: number): GrantPage {
  const page: GrantDocument[] = [];
  let characters = 0;
  for (const grant of grants) {
    const document = describeGrant(grant, nowMs);
    characters += JSON.stringify(document).length;
    if (page.length === limit || (page.length > 0 && characters > PAGE_CHARACTERS_MAX)) break;
    page.push(document);
  }
  return { grants: page, next: page.length < grants.length ? page.at(-1)?.id : undefined };
}

/** The grant as the ledger holds it, with the status that it has now. */
export function describeGrant(grant: Grant, nowMs: number): GrantDocument {
  const { undelivered: _, ...document } = documentOf(grant);
  return { ...document, status: shownStatusAt(grant, nowMs) };
}
