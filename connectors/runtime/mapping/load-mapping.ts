import { publishedEntry } from '../catalog-entry.js';
import type { BusAddress } from '../connector-context.js';
import { SourceUnfitError } from '../connector-errors.js';
import { type Keys, type MappingConfig, mappingProblems, RecordMapping } from './record-mapping.js';

/** Checks the columns of a source against the published entry. Throws SourceUnfitError, which lists everything that does not fit. */
export async function loadMapping(
  config: MappingConfig & { key: readonly string[] },
  bus: BusAddress,
  { sourceName, keys }: { sourceName: string; keys?: Keys },
): Promise<RecordMapping> {
  const entry = await publishedEntry(bus, config.entry);
  const problems = mappingProblems(config, config.key, entry);
  if (problems.length > 0) throw new SourceUnfitError(`${sourceName} → ${config.entry}:\n- ${problems.join('\n- ')}`);
  return new RecordMapping(config, config.key, entry, keys);
}
