import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { LinuxProcess } from './linux-process.js';

const skip = process.platform === 'linux' ? false : 'reads /proc';

t.test('a running process has its figures and its children', { skip }, async (t) => {
  const child = spawn('sleep', ['60']);
  t.teardown(() => child.kill());
  await once(child, 'spawn');
  const own = new LinuxProcess(process.pid);
  for (const figure of ['cpuSeconds', 'mainThreadCpuSeconds', 'residentMiB', 'peakMiB', 'descriptors'] as const)
    t.ok(own[figure]! > 0, figure);
  t.ok(own.cpuSecondsWithEnded! >= own.cpuSeconds!);
  t.ok(own.waitedMs! >= 0);
  t.ok(own.waitedMsByThread().size > 1, 'each thread');
  t.ok(own.children.some(({ pid }) => pid === child.pid));
});

t.test('a process that has ended has none', { skip }, async (t) => {
  const child = spawn('true');
  await once(child, 'exit');
  const { cpuSeconds, residentMiB, descriptors, waitedMs, children } = new LinuxProcess(child.pid!);
  t.same([cpuSeconds, residentMiB, descriptors, waitedMs, children], [undefined, undefined, undefined, undefined, []]);
});
