import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dashboardFiles } from './dashboard-files.js';

/** `npm run dashboards`: writes the files beside their source. This module runs from `dist/dashboard`. */
const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dashboard');

for (const [path, content] of Object.entries(dashboardFiles())) {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  console.log(`wrote dashboard/${path}`);
}
