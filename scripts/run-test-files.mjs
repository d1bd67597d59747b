import { startProgram } from './run-program.mjs';
import { tapProgram } from './setup/ensure-test-runner.mjs';

/** Runs compiled test files, writes a line for each and every failure in full; resolves with the exit code. */
export async function runTestFiles(files, tapOptions = []) {
  // Loaded late: its library is there only after the set-up.
  const { TestReport } = await import('./test-report.mjs');
  const report = new TestReport(console.log);
  const tap = startProgram([tapProgram(), 'run', '--reporter=tap', ...tapOptions, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await report.read(tap.child.stdout);
  const code = await tap.ended;
  console.log(String(report));
  return code !== 0 ? code : Number(report.failed > 0 || report.passed === 0);
}
