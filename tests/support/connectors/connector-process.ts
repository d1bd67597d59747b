import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { stringify } from 'yaml';

const CLI = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.js');
const OUTPUT_CHARS_MAX = 20_000;

/** `sluice connect` as a process of its own, which a test can kill and start again. */
export class ConnectorProcess {
  #child: ChildProcess | undefined;
  #output = '';

  private constructor(private readonly file: string) {}

  static async start(
    t: Test,
    folder: string,
    config: { name: string } & Record<string, unknown>,
  ): Promise<ConnectorProcess> {
    const file = join(folder, `${config.name}.yaml`);
    await writeFile(file, stringify(config));
    const connector = new ConnectorProcess(file);
    t.teardown(() => connector.stop());
    connector.start();
    return connector;
  }

  /** Standard output and error, for a failing test to print. */
  get output(): string {
    return this.#output;
  }

  start(): void {
    const child = spawn(process.execPath, [CLI, 'connect', this.file], { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    this.#child = child;
  }

  /** Kills the process and starts it again. */
  async crash(): Promise<void> {
    await this.#end('SIGKILL');
    this.start();
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}
