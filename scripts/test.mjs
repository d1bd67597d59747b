import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { inProject, root } from './project.mjs';
import { runProgram } from './run-program.mjs';
import { setupOrExit } from './setup.mjs';

/** A soak file decides by itself how long it runs; this only catches one that hangs, in seconds. */
const SOAK_TIMEOUT_S = 7_200;

await setupOrExit();
const soak = process.argv.includes('--soak');
const words = process.argv.slice(2).filter((word) => word !== '--soak');
const options = words.filter((word) => word.startsWith('-'));
const filters = words
  .filter((word) => !word.startsWith('-'))
  .map((word) => word.replace(/^dist\//, '').replace(/\.[tj]s$/, ''));
const files = testFiles(soak, filters);
if (files.length === 0) {
  console.error(`no test file matches ${filters.join(', ') || 'anything'}`);
  console.log('0 passed, 0 failed, 0 skipped');
  process.exit(1);
}

mkdirSync(inProject('.cache'), { recursive: true });
const resultFile = inProject('.cache', `results-${process.pid}.tap`);
const tap = inProject('node_modules', '.bin', 'tap');
const soakOptions = soak ? ['--jobs=1', `--timeout=${SOAK_TIMEOUT_S}`] : [];
const code = await runProgram([tap, 'run', `--output-file=${resultFile}`, ...soakOptions, ...options, ...files]);
const { countTests } = await import('./count-tests.mjs');
const { passed, failed, skipped } = await countTests(resultFile).catch(() => ({ passed: 0, failed: 0, skipped: 0 }));
rmSync(resultFile, { force: true });
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
if (code === 0 && (failed > 0 || passed === 0)) process.exitCode = 1;

function testFiles(soak, filters) {
  const ending = soak ? '.soak.js' : '.test.js';
  return readdirSync(inProject('dist'), { recursive: true })
    .filter((file) => file.endsWith(ending))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .map((file) => inProject('dist', file).slice(root.length))
    .sort();
}
