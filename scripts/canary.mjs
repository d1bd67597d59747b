import { inProject } from './project.mjs';
import { runProgram } from './run-program.mjs';
import { setupOrExit } from './setup.mjs';

await setupOrExit();
await runProgram([inProject('dist', 'cli', 'main.js'), 'canary', ...process.argv.slice(2)]);
