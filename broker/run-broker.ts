import type { BrokerHandle } from './boot/broker-handle.js';
import { limitHeapGrowth } from './boot/heap-growth.js';
import { type ProcessRole, roleOfThisProcess } from './boot/process-role.js';
import { startFailureMessage } from './boot/start-failure.js';
import { leavePrimary, obeyPrimary, reportMustEnd, reportServing } from './boot/worker-link.js';
import { createBroker } from './broker.js';
import { type Config, ConfigError } from './config.js';
import { createWorkerPool } from './workers/worker-pool.js';

/** A drain that hangs ends by force after this: what is acknowledged is on disk in any case. */
const DRAIN_MS_MAX = 20_000;

export interface RunOptions {
  onServing?: ((broker: BrokerHandle, url: string) => Promise<void>) | undefined;
  /** The text that is printed once the broker serves; default: lines for a person. */
  announcement?: ((broker: BrokerHandle, url: string) => string) | undefined;
}

/**
 * Runs a broker until SIGTERM, SIGINT or the end of its terminal, then drains; a second signal ends it by force. Prints
 * what its user must see on standard output; the log goes to standard error. Sets the exit code.
 */
export async function runBroker(
  configure: () => Config,
  { onServing, announcement = textAnnouncement }: RunOptions = {},
): Promise<void> {
  limitHeapGrowth();
  const role = roleOfThisProcess(process.env);
  let broker: BrokerHandle;
  let hasTls: boolean;
  try {
    const config = configure();
    hasTls = config.tls.cert !== undefined;
    const isPool = config.workers > 1 && !role.isWorker && onServing === undefined;
    broker = await (isPool ? createWorkerPool(config) : createBroker(config, role));
  } catch (error) {
    fail(error);
    return;
  }
  const stopped = untilStopped(broker, role, hasTls);
  try {
    const serving = await broker.start();
    if (role.isWorker) reportServing(broker, serving);
    else process.stdout.write(`${announcement(broker, serving.url)}\n`);
    await onServing?.(broker, serving.url);
  } catch (error) {
    // It is on the ledger already, and no later start makes another.
    if (broker.newOperatorToken !== undefined) process.stdout.write(`${operatorTokenLine(broker.newOperatorToken)}\n`);
    await broker.drain();
    fail(error);
    return;
  }
  await stopped;
}

function textAnnouncement(broker: BrokerHandle, url: string): string {
  const lines = [`sluice is serving at ${url}`];
  if (broker.trial) {
    lines.push('TRIAL MODE: no platformRegistration is configured. Grants can be created without an application;');
    lines.push('            this is not for real data of real people.');
  }
  if (broker.newOperatorToken !== undefined) lines.push(operatorTokenLine(broker.newOperatorToken));
  return lines.join('\n');
}

const operatorTokenLine = (token: string): string => `token of the first platform operator, shown this once: ${token}`;

const ENDING_SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Drains on a signal, on an order of the primary, or when the broker itself must end; resolves when all is closed. */
function untilStopped(broker: BrokerHandle, { isWorker }: ProcessRole, hasTls: boolean): Promise<void> {
  return new Promise((resolve) => {
    let isDraining = false;
    let signals = 0;
    const drain = (): void => {
      if (isDraining) return;
      isDraining = true;
      setTimeout(() => process.exit(1), DRAIN_MS_MAX).unref();
      void broker.drain().then(() => {
        for (const signal of ENDING_SIGNALS) process.off(signal, onSignal);
        if (isWorker) leavePrimary();
        resolve();
      });
    };
    // A worker may have the primary's order already when Ctrl-C reaches it too, so only a second signal means "at once".
    const onSignal = (signal: NodeJS.Signals): void => {
      // The custom of servers: with a certificate to read again, SIGHUP asks for that.
      if (signal === 'SIGHUP' && hasTls) {
        broker.reloadTls();
        return;
      }
      // A closing terminal sends SIGHUP once, and what passes it on may send SIGTERM after it: neither is in a hurry.
      if (signal !== 'SIGHUP' && ++signals > 1) process.exit(1);
      if (!isWorker) process.stderr.write('draining; once more to end at once\n');
      drain();
    };
    for (const signal of ENDING_SIGNALS) process.on(signal, onSignal);
    if (isWorker) obeyPrimary({ drain, reloadTls: () => broker.reloadTls() });
    void broker.mustEnd.then((reason) => {
      // The primary prints the reason once and drains all workers, this one among them.
      if (isWorker) reportMustEnd(reason);
      else {
        fail(reason);
        drain();
      }
    });
  });
}

function fail(error: unknown): void {
  const message = startFailureMessage(error) ?? (error as Error).stack ?? String(error);
  process.stderr.write(`${message}\n`);
  // As the command line documents it: 2 is for what the user gave.
  process.exitCode = error instanceof ConfigError ? 2 : 1;
}
