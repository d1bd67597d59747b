import { spawn } from 'node:child_process';

/**
 * Runs a program to its end and resolves with its exit code and output; after `deadlineMs` it is killed and the promise
 * rejects. With `show` its output goes to the terminal instead.
 */
export function runChild(program, args, { cwd, env, deadlineMs, show = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'];
    const child = spawn(program, args, { cwd, env: env ?? process.env, stdio });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${program} did not end within ${deadlineMs / 1000} s`));
    }, deadlineMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, signal, output });
    });
  });
}

/** Like `runChild`, but an exit code other than 0 rejects with the last lines of the output. */
export async function mustRun(program, args, options) {
  const { code, output } = await runChild(program, args, options);
  if (code !== 0)
    throw new Error(`${program} ended with exit code ${code}\n${output.trim().split('\n').slice(-10).join('\n')}`);
  return output;
}
