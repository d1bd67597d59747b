import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MACHINES } from '../all-machines.js';
import { proceduresPage } from './procedures-page.js';

/** `npm run procedures`: writes docs/procedures.md. This module runs from `dist/broker/procedure/published`. */
const page = new URL('../../../../docs/procedures.md', import.meta.url);

await writeFile(page, proceduresPage([...MACHINES.values()]));
console.log(`wrote ${fileURLToPath(page)}`);
