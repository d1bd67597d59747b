import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Reads lines until the test process has ended, in whatever way, since the pipe ends with it: ids of brokers, and folders. Then it ends
 * the brokers first, which would start their servers again, the servers of the folders, and removes the folders.
 */
const WATCH = `
brokers=''
while read -r kind what; do
  case $kind in
    broker) brokers="$brokers $what" ;;
    folder) set -- "$@" "$what" ;;
  esac
done
for id in $brokers; do
  case $(ps -o args= -p "$id") in *main.js*) kill -KILL "$id" ;; esac
done
for folder; do
  pkill -KILL -f "nats-server.*$folder/"
  rm -rf "$folder"
done`;

let watch: Writable | undefined;

/** A process of its own session: a signal to the group of the test does not reach it. */
function openWatch(): Writable {
  const child: ChildProcess = spawn('sh', ['-c', WATCH], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.on('error', () => {});
  const pipe = child.stdin as Writable & { unref(): void };
  pipe.on('error', () => {});
  // It must not keep a test alive that has nothing else to do.
  child.unref();
  pipe.unref();
  return pipe;
}

const note = (line: string): void => {
  watch ??= openWatch();
  watch.write(`${line}\n`);
};

/** Servers that run in the folder end with this process, even if it is killed, and the folder is removed. */
export const endFolderWithProcess = (folder: string): void => note(`folder ${folder}`);

/** The broker ends with this process, even if it is killed. */
export const endBrokerWithProcess = (id: number): void => note(`broker ${id}`);
