import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { projectRoot, readText } from './source-tree.js';

/** A path in backticks that has a folder; names with a placeholder (`<name>`) are patterns. */
const PATH = /`((?:[\w.-]+\/)+(?:[\w.-]+)?)`/g;

for (const document of ['ARCHITECTURE.md', 'CONTRIBUTING.md']) {
  t.test(`every file and folder that ${document} names exists`, async (t) => {
    const named = [...readText(document).matchAll(PATH)].map(([, path]) => path as string);
    t.ok(named.length > 5);
    t.strictSame(
      named.filter((path) => !existsSync(join(projectRoot, path))),
      [],
    );
  });
}
