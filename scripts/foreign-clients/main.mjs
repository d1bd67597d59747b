import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endChildrenOnSignals, interruptedExitCode } from '../child.mjs';
import { setupOrExit } from '../setup.mjs';
import { startBus } from './bus.mjs';
import { tools } from './tools.mjs';

/** Lines of a failed tool's output that are printed. */
const LAST_LINES = 40;
/** Characters of one line: a fuzzer prints bodies of many thousands. */
const LINE_CHARACTERS_MAX = 400;

await setupOrExit();
const names = process.argv.slice(2);
const chosen = tools.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
if (chosen.length === 0) {
  console.error(
    `no tool has ${names.join(' or ')} in its name; there are: ${tools.map(({ name }) => name).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  endChildrenOnSignals();
  process.exitCode = await runTools(chosen);
}

/** Runs the tools one after another against one bus; resolves with the exit code. */
async function runTools(chosen) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-foreign-clients-'));
  const counts = { ok: 0, failed: 0, skipped: 0 };
  let bus;
  try {
    bus = await startBus(folder);
    for (const tool of chosen) {
      if (interruptedExitCode() !== undefined) break;
      counts[await runTool(tool, bus, await mkdtemp(join(folder, 'tool-')))] += 1;
    }
  } catch (error) {
    console.error(`foreign-clients: ${error.message}`);
    return interruptedExitCode() ?? 1;
  } finally {
    await bus?.stop();
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`${counts.ok} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return interruptedExitCode() ?? Number(counts.failed > 0);
}

async function runTool({ name, find, howToGet, run }, bus, folder) {
  const startedAtMs = Date.now();
  try {
    const program = await find();
    if (program === undefined) {
      console.log(`skipped  ${name}: not found; ${howToGet}`);
      return 'skipped';
    }
    const outcome = await run({ program, bus, folder });
    if (outcome?.skipped) {
      console.log(`skipped  ${name}: ${outcome.skipped}`);
      return 'skipped';
    }
    const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
    console.log(`ok       ${name} (${seconds} s)${outcome?.note ? `: ${outcome.note}` : ''}`);
    return 'ok';
  } catch (error) {
    const lines = error.message.trim().split('\n').slice(-LAST_LINES);
    console.log(
      `failed   ${name}\n${lines.map((line) => `         ${line.slice(0, LINE_CHARACTERS_MAX)}`).join('\n')}`,
    );
    return 'failed';
  }
}
