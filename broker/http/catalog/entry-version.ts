import type { EntryVersion } from '../../../proto/entry/entry.js';
import { SluiceError } from '../../../proto/errors.js';
import type { Catalog } from '../../catalog/catalog.js';

/** The version that `<entry>` or `<entry>@<version>` names. Throws NOT_FOUND. */
export function publishedVersion(catalog: Catalog, name: string): EntryVersion {
  const [, entry = name, version] = /^(.+)@([1-9]\d{0,8})$/.exec(name) ?? [];
  const found = version === undefined ? catalog.published(entry) : catalog.version(entry, Number(version));
  if (!found) throw new SluiceError('NOT_FOUND', `the catalog has no published entry ${name}`);
  return found;
}
