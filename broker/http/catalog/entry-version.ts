import type { FastifyReply, FastifyRequest } from 'fastify';
import { isCanaryEntry } from '../../../proto/canary.js';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import { SluiceError } from '../../../proto/errors.js';
import type { Catalog } from '../../catalog/catalog.js';
import { type Caller, isCanary } from '../../parties/caller.js';
import { sendImmutable, sendRevalidated } from '../server/response-headers.js';

/** The version that `<entry>` or `<entry>@<version>` names. Throws NOT_FOUND. */
export function publishedVersion(catalog: Catalog, name: string, caller: Caller): EntryVersion {
  const [, entry = name, version] = /^(.+)@([1-9]\d{0,8})$/.exec(name) ?? [];
  const found = version === undefined ? catalog.published(entry) : catalog.version(entry, Number(version));
  // The canary sees its own entries, everybody else all others.
  if (!found || isCanaryEntry(entry) !== isCanary(caller))
    throw new SluiceError('NOT_FOUND', `the catalog has no published entry ${name}`);
  return found;
}

/** Whether a name says which version it means: then what is answered never changes. */
const namesVersion = (name: string): boolean => /@[1-9]\d{0,8}$/.test(name);

/** Sends what belongs to an entry: for ever when the name says the version, else until the next one is published. */
export function sendOfEntry(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  body: object | string,
): FastifyReply {
  return (namesVersion(name) ? sendImmutable : sendRevalidated)(request, reply, body);
}
