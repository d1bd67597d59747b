import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import t from 'tap';
import { projectFiles, projectRoot, readText } from './source-tree.js';

const documents = projectFiles(/\.md$/);

/** `[text](path#anchor)` of links inside the project. */
const LINK = /\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]+))?\)/g;

/** Anchors of the headings, as the usual renderers of Markdown make them. */
function anchorsOf(path: string): Set<string> {
  const headings = readText(path).matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      (heading as string)
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function leadsNowhere(from: string, target: string, anchor: string | undefined): boolean {
  const path = target === '' ? from : posix.join(posix.dirname(from), target);
  if (!existsSync(join(projectRoot, path))) return true;
  return anchor !== undefined && !anchorsOf(path).has(anchor);
}

t.test('every link inside the project has a target', async (t) => {
  t.ok(documents.length > 100);
  const broken = documents.flatMap((path) =>
    [...readText(path).matchAll(LINK)]
      .filter(([, target, anchor]) => leadsNowhere(path, target as string, anchor))
      .map(([link]) => `${path}: ${link}`),
  );
  t.strictSame(broken, []);
});

t.test('every page of docs is reached from README.md', async (t) => {
  const linked = new Set([...readText('README.md').matchAll(LINK)].map(([, target]) => target));
  t.strictSame(
    projectFiles(/^docs\/[^/]+\.md$/).filter((path) => !linked.has(path)),
    [],
  );
});
