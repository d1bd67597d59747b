import { pathToFileURL } from 'node:url';
import { endChildrenOnSignals, interruptedExitCode } from './child.mjs';
import { ensureBuild } from './setup/ensure-build.mjs';
import { ensureDependencies } from './setup/ensure-dependencies.mjs';
import { ensureNatsServer } from './setup/ensure-nats-server.mjs';
import { removePackageLists } from './setup/fetch-debian-program.mjs';
import { SetupLock } from './setup/setup-lock.mjs';

const NODE_MAJOR_MIN = 20;
const STEPS = [ensureDependencies, ensureBuild, ensureNatsServer];

/**
 * Installs, builds and fetches what is missing, one line per thing done; nothing outside the project is changed. One set-up
 * runs at a time. Interrupted at any moment it ends its children, waits for them, and the next one begins where proof of a
 * finished step is missing.
 */
export async function setup(moreSteps = [], steps = STEPS) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < NODE_MAJOR_MIN)
    throw new Error(`Sluice needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.version}`);
  const lock = new SetupLock();
  await lock.acquire();
  try {
    for (const step of [...steps, ...moreSteps]) {
      const done = await step({ onChild: (pid) => lock.holdFor(pid).catch(() => undefined) });
      if (interruptedExitCode() !== undefined) throw new Error('interrupted');
      if (done) console.error(`setup: ${done}`);
    }
  } finally {
    await removePackageLists();
    await lock.release();
  }
}

/** Like `setup`, for scripts: says what is wrong in one message and ends with exit code 1. */
export async function setupOrExit(moreSteps, steps) {
  // A terminal that is closed meanwhile must not keep the children from being waited for.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const stopListening = endChildrenOnSignals();
  try {
    await setup(moreSteps, steps);
  } catch (error) {
    const interrupted = interruptedExitCode();
    if (interrupted === undefined) console.error(`setup: ${error.message}`);
    else console.error('setup: interrupted, nothing of it runs any more; the next start does what is missing');
    process.exit(interrupted ?? 1);
  }
  stopListening();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await setupOrExit();
