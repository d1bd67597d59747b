import type { Logger } from 'pino';
import type { Config } from '../../config.js';
import { AlarmWatch } from '../../procedure/alarms/alarm-watch.js';
import type { Procedure } from '../../procedure/engine/procedure.js';
import type { Processes } from '../../processes/open-processes.js';
import type { Governance } from '../governance.js';
import type { ReleaseStack } from '../release-stack.js';

export interface AlarmDeps {
  config: Config;
  governance: Pick<Governance, 'ledger'>;
  procedure: Procedure;
  processes: Processes;
  releases: ReleaseStack;
  log: Logger;
  clock(): number;
}

/** Watches deliveries where the configuration asks for it; undefined where it does not. */
export function openAlarms({ config, governance, log, releases, ...deps }: AlarmDeps): AlarmWatch | undefined {
  const { alarms: settings, alarmsSuspect: isSuspecting, secret } = config;
  if (!settings) return undefined;
  const { ledger } = governance;
  const { procedure, processes, clock } = deps;
  const warn = (message: string, error?: unknown): void => log.warn({ err: error }, message);
  const watch = new AlarmWatch({ ...processes, settings, isSuspecting, secret, ledger, procedure, clock, warn });
  releases.add('alarms', () => watch.stop());
  watch.start();
  return watch;
}
