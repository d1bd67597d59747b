import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The compiled file lies in dist/tests/support. */
const PROJECT = join(import.meta.dirname, '..', '..', '..');

/**
 * Path of a data file that is not part of the project. SLUICE_TEST_DATA names its folder; the default is beside the
 * project.
 */
export function testDataFile(name: string): { path: string; isThere: boolean } {
  const folder = process.env.SLUICE_TEST_DATA || join(PROJECT, '..', 'shared', 'data');
  const path = join(folder, name);
  return { path, isThere: existsSync(path) };
}
