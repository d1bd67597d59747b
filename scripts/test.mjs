import { readdirSync } from 'node:fs';
import { endChildrenOnSignals } from './child.mjs';
import { inProject, root } from './project.mjs';
import { endWithParent } from './run-program.mjs';
import { runTestFiles } from './run-test-files.mjs';
import { ensurePrometheus } from './setup/ensure-prometheus.mjs';
import { setupOrExit } from './setup.mjs';

/** A soak file decides by itself how long it runs; this timeout only ends one that hangs, in seconds. */
const SOAK_TIMEOUT_S = 7_200;

await setupOrExit([ensurePrometheus]);
const soak = process.argv.includes('--soak');
const filters = process.argv
  .slice(2)
  .filter((word) => word !== '--soak')
  .map((word) => word.replace(/^dist\//, '').replace(/\.[tj]s$/, ''));

const files = testFiles();
if (files.length === 0) {
  console.error(`no test file matches ${filters.join(', ') || 'anything'}`);
  process.exitCode = 1;
} else {
  endChildrenOnSignals();
  if (process.env.npm_lifecycle_event) endWithParent({ kill: (signal) => process.kill(process.pid, signal) });
  process.exitCode = await runTestFiles(files, soak ? { jobs: 1, timeoutS: SOAK_TIMEOUT_S } : {});
}

function testFiles() {
  const ending = soak ? '.soak.js' : '.test.js';
  return readdirSync(inProject('dist'), { recursive: true })
    .filter((file) => file.endsWith(ending))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .map((file) => inProject('dist', file).slice(root.length))
    .sort();
}
