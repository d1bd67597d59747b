import cluster from 'node:cluster';

/** Environment variable that a primary sets for its workers when it runs the store for them. */
export const SERVER_OF_PRIMARY = 'SLUICE_SERVER_OF_PRIMARY';

/** The part that this process plays in its broker. Read once at the start and passed on, so that no room asks `node:cluster`. */
export interface ProcessRole {
  /** A primary has started this process and gathers its metrics. */
  isWorker: boolean;
  /** Does what must happen once per broker: logs notices of the store, starts epochs after a restore. */
  isFirst: boolean;
  /** The store is an embedded server that the primary runs, though it is reached by URL. */
  hasServerOfPrimary: boolean;
}

/** A broker that is one process and runs, or dials, its store by itself. */
export const SINGLE_PROCESS: ProcessRole = { isWorker: false, isFirst: true, hasServerOfPrimary: false };

/** The role that the process was started with. */
export function roleOfThisProcess(env: NodeJS.ProcessEnv): ProcessRole {
  if (!cluster.isWorker) return SINGLE_PROCESS;
  return {
    isWorker: true,
    isFirst: cluster.worker?.id === 1,
    hasServerOfPrimary: env[SERVER_OF_PRIMARY] !== undefined,
  };
}
