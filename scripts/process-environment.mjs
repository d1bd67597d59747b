/**
 * Environment of every process that the scripts start; deploy/sluice.service and the Dockerfile set the same.
 * docs/decisions/0300, docs/decisions/0302
 */
export const PROCESS_ENVIRONMENT = { MALLOC_ARENA_MAX: '2', NODE_OPTIONS: '--v8-pool-size=1' };
