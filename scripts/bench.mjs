import { readdirSync } from 'node:fs';
import { inProject } from './project.mjs';
import { runProgram } from './run-program.mjs';
import { setupOrExit } from './setup.mjs';

await setupOrExit();
const [name, ...rest] = process.argv.slice(2);
const names = benchNames();
if (names.includes(name)) {
  await runProgram([inProject('dist', 'bench', `${name}.js`), ...rest]);
} else {
  console.error(`usage: npm run bench -- NAME, with NAME one of: ${names.join(', ') || '(there are none yet)'}`);
  process.exitCode = 2;
}

function benchNames() {
  try {
    const files = readdirSync(inProject('dist', 'bench'));
    return files.filter((file) => file.endsWith('.js') && !file.endsWith('.test.js')).map((file) => file.slice(0, -3));
  } catch {
    return [];
  }
}
