#!/usr/bin/env node
import { existsSync } from 'node:fs';

const NODE_MAJOR_MIN = 20;
const main = new URL('../dist/cli/main.js', import.meta.url);
if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  console.error(`sluice needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.version}`);
  process.exitCode = 1;
} else if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('sluice is not built yet: run "npm run setup" in its folder first');
  process.exitCode = 1;
}
