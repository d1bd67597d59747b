import { readdirSync } from 'node:fs';
import { ensureTestRunner, tapProgram } from './ensure-test-runner.mjs';
import { inProject, root } from './project.mjs';
import { startProgram } from './run-program.mjs';
import { setupOrExit } from './setup.mjs';

/** A soak file decides by itself how long it runs; this only catches one that hangs, in seconds. */
const SOAK_TIMEOUT_S = 7_200;

await setupOrExit([ensureTestRunner]);
const soak = process.argv.includes('--soak');
const words = process.argv.slice(2).filter((word) => word !== '--soak');
const options = words.filter((word) => word.startsWith('-'));
const filters = words
  .filter((word) => !word.startsWith('-'))
  .map((word) => word.replace(/^dist\//, '').replace(/\.[tj]s$/, ''));
process.exitCode = await runTests(testFiles());

async function runTests(files) {
  const { TestReport } = await import('./test-report.mjs');
  const report = new TestReport(console.log);
  let code = 1;
  if (files.length > 0) {
    const soakOptions = soak ? ['--jobs=1', `--timeout=${SOAK_TIMEOUT_S}`] : [];
    const tap = startProgram([tapProgram(), 'run', '--reporter=tap', ...soakOptions, ...options, ...files], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await report.read(tap.child.stdout);
    code = await tap.ended;
  } else {
    console.error(`no test file matches ${filters.join(', ') || 'anything'}`);
  }
  console.log(String(report));
  return code !== 0 ? code : Number(report.failed > 0 || report.passed === 0);
}

function testFiles() {
  const ending = soak ? '.soak.js' : '.test.js';
  return readdirSync(inProject('dist'), { recursive: true })
    .filter((file) => file.endsWith(ending))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .map((file) => inProject('dist', file).slice(root.length))
    .sort();
}
