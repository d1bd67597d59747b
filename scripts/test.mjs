import { readdirSync } from 'node:fs';
import { inProject, root } from './project.mjs';
import { runTestFiles } from './run-test-files.mjs';
import { ensurePrometheus } from './setup/ensure-prometheus.mjs';
import { ensureTestRunner } from './setup/ensure-test-runner.mjs';
import { setupOrExit } from './setup.mjs';

/** A soak file decides by itself how long it runs; this timeout only ends one that hangs, in seconds. */
const SOAK_TIMEOUT_S = 7_200;

await setupOrExit([ensureTestRunner, ensurePrometheus]);
const soak = process.argv.includes('--soak');
const words = process.argv.slice(2).filter((word) => word !== '--soak');
const options = words.filter((word) => word.startsWith('-'));
const filters = words
  .filter((word) => !word.startsWith('-'))
  .map((word) => word.replace(/^dist\//, '').replace(/\.[tj]s$/, ''));

const files = testFiles();
if (files.length === 0) {
  console.error(`no test file matches ${filters.join(', ') || 'anything'}`);
  process.exitCode = 1;
} else {
  process.exitCode = await runTestFiles(
    files,
    soak ? ['--jobs=1', `--timeout=${SOAK_TIMEOUT_S}`, ...options] : options,
  );
}

function testFiles() {
  const ending = soak ? '.soak.js' : '.test.js';
  return readdirSync(inProject('dist'), { recursive: true })
    .filter((file) => file.endsWith(ending))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .map((file) => inProject('dist', file).slice(root.length))
    .sort();
}
