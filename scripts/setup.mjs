import { pathToFileURL } from 'node:url';
import { ensureBuild } from './ensure-build.mjs';
import { ensureDependencies } from './ensure-dependencies.mjs';
import { ensureNatsServer } from './ensure-nats-server.mjs';

const NODE_MAJOR_MIN = 20;

/** Installs, builds and fetches what is missing, one line per thing done; nothing outside the project is changed. */
export async function setup(moreSteps = []) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < NODE_MAJOR_MIN)
    throw new Error(`Sluice needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.version}`);
  for (const step of [ensureDependencies, ensureBuild, ensureNatsServer, ...moreSteps]) {
    const done = await step();
    if (done) console.log(`setup: ${done}`);
  }
}

/** Like `setup`, for scripts: says what is wrong in one message and ends with exit code 1. */
export async function setupOrExit(moreSteps = []) {
  try {
    await setup(moreSteps);
  } catch (error) {
    console.error(`setup: ${error.message}`);
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await setupOrExit();
