import { loadConfig } from './config.js';
import { runBroker } from './run-broker.js';

const [, , file] = process.argv;
await runBroker(() => loadConfig(process.env, file ?? process.env.SLUICE_CONFIG));
