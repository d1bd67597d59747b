import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { inProject } from '../project.mjs';

const FOLDER = inProject('.cache');
const LOCK = inProject('.cache', 'setup.lock');
const POLL_MS = 200;
/** A set-up on a slow network takes minutes; one that takes longer than this is not waited for. */
const WAIT_MS_MAX = 1_200_000;
const REPORT_INTERVAL_MS = 15_000;

/**
 * The one lock of all set-ups in this folder: `npm ci` and the compiler must not run twice at the same time.
 *
 * The file holds the process that set up and its child. A killed set-up leaves the file, and may leave its `npm ci` running:
 * the lock counts as held until both processes are gone. A process is known by its number and the time of its start, since
 * numbers are reused.
 */
export class SetupLock {
  #content = { holder: identityOf(process.pid) };
  #noting = Promise.resolve();

  /** Resolves when this process holds the lock; says once, and then from time to time, whom it waits for. */
  async acquire() {
    await mkdir(FOLDER, { recursive: true });
    const startedAtMs = Date.now();
    let reportedAtMs;
    while (!(await this.#tryLink())) {
      const held = await readLock();
      const alive = [held?.holder, held?.child].find(isAlive);
      if (held && !alive) await removeStale(held);
      if (!alive) continue;
      const waitedMs = Date.now() - startedAtMs;
      if (waitedMs > WAIT_MS_MAX) throw new Error(`another set-up of this folder still runs (process ${alive.pid})`);
      if (reportedAtMs === undefined || waitedMs - reportedAtMs > REPORT_INTERVAL_MS) {
        reportedAtMs = waitedMs;
        console.log(
          `setup: waiting for another set-up of this folder (process ${alive.pid}), ${Math.round(waitedMs / 1000)} s`,
        );
      }
      await pause(POLL_MS);
    }
  }

  /** Notes the child that must have ended before anybody else may set up. */
  holdFor(childPid) {
    this.#content = { ...this.#content, child: identityOf(childPid) };
    this.#noting = this.#noting.then(async () => rename(await this.#writeOwn(), LOCK));
    return this.#noting;
  }

  /** Waits for `holdFor`, which would otherwise make the lock again. */
  async release() {
    await this.#noting.catch(() => undefined);
    await rm(LOCK, { force: true });
  }

  /** Linking is atomic and fails when the lock exists. */
  async #tryLink() {
    const own = await this.#writeOwn();
    try {
      await link(own, LOCK);
      return true;
    } catch (error) {
      if (error.code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(own, { force: true });
    }
  }

  async #writeOwn() {
    const own = `${LOCK}.${process.pid}`;
    await writeFile(own, JSON.stringify(this.#content));
    return own;
  }
}

/** Undefined when the lock is gone. A file that nobody can read belongs to nobody alive. */
async function readLock() {
  try {
    return JSON.parse(await readFile(LOCK, 'utf8'));
  } catch (error) {
    return error.code === 'ENOENT' ? undefined : {};
  }
}

/** Of several processes that see the same stale lock one moves it away; a newer lock that it caught is put back. */
async function removeStale(seen) {
  const aside = `${LOCK}.stale.${process.pid}`;
  await rename(LOCK, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => undefined);
  if (moved !== undefined && moved !== JSON.stringify(seen) && parses(moved))
    await link(aside, LOCK).catch(() => undefined);
  await rm(aside, { force: true });
}

function parses(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function identityOf(pid) {
  return { pid, startedAt: startOf(pid) };
}

function isAlive(identity) {
  if (!identity) return false;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  const startedAt = startOf(identity.pid);
  return startedAt === undefined || identity.startedAt === undefined || startedAt === identity.startedAt;
}

/** Start of a process in ticks of the kernel, where `/proc` says so. A process that has ended and waits to be collected counts as gone. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : fields[19];
  } catch {
    return undefined;
  }
}
