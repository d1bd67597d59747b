import { readdirSync } from 'node:fs';
import { endChildrenOnSignals, interruptedExitCode, runChild } from './child.mjs';
import { inProject, root } from './project.mjs';
import { runTestFiles } from './run-test-files.mjs';
import { ensureDependencies } from './setup/ensure-dependencies.mjs';
import { setupOrExit } from './setup.mjs';

const STEP_DEADLINE_MS = 120_000;
const STRUCTURE = 'dist/tests/structure';

/** Types, lint and the tests that hold the structure: what a commit must pass before anything slower is tried. */
const steps = { types: compile, lint, structure };

const failed = [];
await setupOrExit([], [ensureDependencies]);
endChildrenOnSignals();
try {
  for (const [name, step] of Object.entries(steps)) {
    const startedAt = Date.now();
    const passed = await step();
    if (!passed) failed.push(name);
    console.log(`check: ${name} ${passed ? 'passed' : 'FAILED'} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  }
} catch (error) {
  console.error(`check: ${error.message}`);
  process.exitCode = interruptedExitCode() ?? 1;
}
if (failed.length > 0) process.exitCode = 1;

/** Emits although types may be wrong, since the structure tests read sources and need only their own files to run. */
function compile() {
  return runs(inProject('node_modules', 'typescript', 'bin', 'tsc'), ['-p', 'tsconfig.json']);
}

function lint() {
  return runs(inProject('node_modules', '@biomejs', 'biome', 'bin', 'biome'), ['check', '.']);
}

async function structure() {
  const compiled = readdirSync(inProject(STRUCTURE)).filter((file) => file.endsWith('.test.js'));
  // A compiled test whose source is gone would hold a rule that nobody can read.
  const sources = new Set(readdirSync(inProject('tests', 'structure')));
  const files = compiled.filter((file) => sources.has(file.replace(/\.js$/, '.ts')));
  return (await runTestFiles(files.map((file) => `${STRUCTURE}/${file}`).sort())) === 0;
}

async function runs(program, args) {
  const { code } = await runChild(process.execPath, [program, ...args], {
    cwd: root,
    deadlineMs: STEP_DEADLINE_MS,
    show: true,
  });
  return code === 0;
}
