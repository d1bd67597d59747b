import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the project and a path below it. */
export const root = fileURLToPath(new URL('..', import.meta.url));
export const inProject = (...parts) => join(root, ...parts);
