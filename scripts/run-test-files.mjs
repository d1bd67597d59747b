import { availableParallelism } from 'node:os';
import { interruptedExitCode, runChild } from './child.mjs';
import { root } from './project.mjs';
import { runtime } from './runtime.mjs';

/** Files that run at the same time: one more than there are cores, since most wait for a server or a database now and then. */
const JOBS = availableParallelism() + 1;
/** Time for a file that sets none of its own (`t.setTimeout`), in seconds. */
const TIMEOUT_S = 120;
/** Time above that for a file that sets a longer one; beyond it the file counts as unable to end itself. */
const DEADLINE_SLACK_MS = 15 * 60_000;

/**
 * Runs compiled test files, writes a line for each and every failure in full; resolves with the exit code. Each is a process of its
 * own, and none of `tap run`, whose hooks cost more than the tests: docs/decisions/0205. Files that
 * start servers come first, so that none of them begins when nothing is left to run beside it:
 * docs/decisions/0285
 */
export async function runTestFiles(files, { jobs = JOBS, timeoutS = TIMEOUT_S } = {}) {
  // Loaded late: its library is there only after the set-up.
  const { TestReport } = await import('./test-report.mjs');
  const report = new TestReport(console.log);
  const waiting = files.toSorted((a, b) => rank(a) - rank(b)).values();
  const runOneByOne = async () => {
    for (const file of waiting) {
      await runFile(file, report, timeoutS);
      if (interruptedExitCode() !== undefined) return;
    }
  };
  await Promise.all(Array.from({ length: jobs }, runOneByOne));
  console.log(String(report));
  return interruptedExitCode() ?? Number(report.failed > 0 || report.passed === 0);
}

/** Files below `tests` use whole buses; elsewhere those with `.nats.` or `.pg.` in their names start a server, and the others end within a second. */
function rank(file) {
  if (file.startsWith('dist/tests/')) return 0;
  return /\.(nats|pg)\./.test(file) ? 1 : 2;
}

async function runFile(file, report, timeoutS) {
  const test = report.file(file);
  const env = { ...process.env, TAP: '1', TAP_TIMEOUT: String(timeoutS) };
  const deadlineMs = timeoutS * 1_000 + DEADLINE_SLACK_MS;
  const onOutput = (output) => test.read(output);
  try {
    const run = await runChild(runtime(), [file], {
      cwd: root,
      env,
      deadlineMs,
      onOutput,
    });
    await test.ended(run.code === 0 ? undefined : `ended with ${run.signal ?? `exit code ${run.code}`}`);
  } catch (error) {
    await test.ended(error.message);
  }
}
