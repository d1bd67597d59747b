import type { TimeSlice } from '../../proto/async/time-slice.js';
import type { EntryDocument } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import { quotedName } from '../../proto/foreign-name.js';
import { valuelessKeys } from '../../proto/valueless-keys.js';
import { isMap } from '../../proto/values/is-map.js';
import { plainDocument } from '../ledger/same-document.js';
import type { OfficerDocument } from '../parties/officer.js';
import type { PartyDocument } from '../parties/party.js';
import type { SystemDocument } from '../parties/system.js';

/** A system or officer with the token that the bundle gives it. */
export type WithToken<T> = T & { token?: string | undefined };

/** A declaration of documents that should exist. Registered documents that it does not mention stay unchanged. */
export interface Bundle {
  parties: PartyDocument[];
  systems: WithToken<SystemDocument>[];
  officers: WithToken<OfficerDocument>[];
  entries: EntryDocument[];
  grants: GrantDocument[];
}

/** Kinds in the order in which they are registered: each refers to kinds before it only. */
const BUNDLE_KINDS = ['parties', 'systems', 'officers', 'entries', 'grants'] as const;
type BundleKind = (typeof BUNDLE_KINDS)[number];

/** Documents per kind; a whole province has some 40,000 entries. */
const DOCUMENTS_MAX = 100_000;
/** Problems of one list; the answer holds the first 1,000 of all. */
const PROBLEMS_COLLECTED_MAX = 10_000;

interface ReadList {
  documents: unknown[];
  problems: string[];
}

/** The bundle as far as it can be read, and every problem of its outer form. The documents are not validated here. */
export async function parseBundle(
  document: unknown,
  slice: TimeSlice,
): Promise<{ bundle: Bundle; problems: string[] }> {
  const bundle: Bundle = { parties: [], systems: [], officers: [], entries: [], grants: [] };
  if (!isMap(document)) return { bundle, problems: ['bundle: must be a map'] };
  const problems = Object.keys(document)
    .filter((key) => !BUNDLE_KINDS.includes(key as BundleKind))
    .map((key) => `${quotedName(key)}: is not a known field; a bundle has ${BUNDLE_KINDS.join(', ')}`);
  for (const kind of BUNDLE_KINDS) {
    const list = document[kind];
    if (list === undefined) continue;
    if (list === null) problems.push(...valuelessKeys(list, kind));
    else if (!Array.isArray(list)) problems.push(`${kind}: must be a list`);
    else if (list.length > DOCUMENTS_MAX) problems.push(`${kind}: may list at most ${DOCUMENTS_MAX}`);
    else {
      const read = await plainDocuments(kind, list, slice);
      (bundle[kind] as unknown[]) = read.documents;
      problems.push(...read.problems);
    }
  }
  return { bundle, problems };
}

/** Copies without null fields; that there were any is a problem, because a key without a value looks like a limit. */
async function plainDocuments(kind: BundleKind, list: unknown[], slice: TimeSlice): Promise<ReadList> {
  const documents: unknown[] = [];
  const problems: string[] = [];
  const first = new Map<unknown, number>();
  await slice.each(list, (document, index) => {
    documents.push(plainDocument(document));
    if (problems.length > PROBLEMS_COLLECTED_MAX) return;
    problems.push(...repeatedId(kind, first, document, index), ...valuelessKeys(document, `${kind}[${index}]`));
  });
  return { documents, problems };
}

function repeatedId(kind: BundleKind, first: Map<unknown, number>, document: unknown, index: number): string[] {
  const id = isMap(document) ? document.id : undefined;
  if (id === undefined) return [];
  const before = first.get(id);
  if (before !== undefined) return [`${kind}[${index}].id: is the same as in ${kind}[${before}]`];
  first.set(id, index);
  return [];
}
