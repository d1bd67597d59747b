import { existsSync } from 'node:fs';
import { inProject } from './project.mjs';

/**
 * Path of the Node that runs Sluice: the one that package.json pins, or, where it pins none for the platform, the one that runs
 * this script. The set-up may change it. docs/decisions/0418
 */
export function runtime() {
  const pinned = inProject('node_modules', '.bin', 'node');
  return existsSync(pinned) ? pinned : process.execPath;
}
