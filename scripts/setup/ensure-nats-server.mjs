import { access } from 'node:fs/promises';
import { delimiter, join, relative } from 'node:path';
import { root } from '../project.mjs';
import { fetchDebianProgram } from './fetch-debian-program.mjs';

/** Finds a nats-server or fetches one into the project's cache; returns what was done, if anything. Needs a built dist. */
export async function ensureNatsServer() {
  const finder = await import('../../dist/broker/nats/server/find-server.js');
  const { findNatsServer, isAtLeast, MINIMUM_VERSION, serverVersion } = finder;
  const missing = await findNatsServer().then(
    () => undefined,
    (error) => error,
  );
  // A server that was named by hand and does not work is an error; it is not replaced silently.
  if (!missing) return undefined;
  if (process.env.SLUICE_NATS_SERVER) throw missing;
  let why = '';
  try {
    const program = { package: 'nats-server', binaries: ['usr/sbin/nats-server'], minimum: MINIMUM_VERSION };
    const fetched = await fetchDebianProgram(program, isAtLeast);
    const [path] = fetched?.paths ?? [];
    const version = path && (await serverVersion(path));
    if (version) return `fetched nats-server ${version} (suite ${fetched.suite}) into ${relative(root, path)}`;
    if (fetched) why = ` The package of the suite ${fetched.suite} does not run on this machine.`;
  } catch (error) {
    why = ` (${error.message})`;
  }
  throw new Error(`${await whatToInstall(MINIMUM_VERSION)}${why}`);
}

async function whatToInstall(minimum) {
  const needed = `Sluice needs nats-server ${minimum} or newer`;
  if (await isOnPath('brew')) return `${needed}: run "brew install nats-server" and try again.`;
  return `${needed}: install it and put it on the PATH, or name the binary in SLUICE_NATS_SERVER.`;
}

async function isOnPath(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const found = await access(join(folder, program)).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
