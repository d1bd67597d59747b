import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MACHINES } from '../all-machines.js';
import { proceduresPage } from './procedures-page.js';
import { publishedMachine } from './published-machine.js';

/** `npm run procedures`: writes docs/procedures.md. This module runs from `dist/broker/procedure/published`. */
const page = new URL('../../../../docs/procedures.md', import.meta.url);

await writeFile(page, proceduresPage([...MACHINES.values()].map(publishedMachine)));
console.log(`wrote ${fileURLToPath(page)}`);
