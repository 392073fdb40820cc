// SPDX-License-Identifier: MIT
import { spawn, type SpawnOptions } from 'node:child_process';

export interface Executed {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecuteOptions extends Pick<SpawnOptions, 'cwd' | 'env'> {
  readonly input?: string;
  /** The program is killed, and the promise rejects, after this long (30 s). */
  readonly timeoutMs?: number;
}

/** Runs a program to its end and says how it went; a status other than 0 is an answer, not an error. */
export async function execute(
  file: string,
  args: readonly string[],
  options: ExecuteOptions = {},
): Promise<Executed> {
  const { input = '', timeoutMs = 30_000, ...spawnOptions } = options;
  const child = spawn(file, args, { ...spawnOptions, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that ends without reading its input is no failure of its own: its status says how it went.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${file} ${args.join(' ')}: still running after ${timeoutMs} ms\n${stdout}${stderr}`));
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, stdout, stderr });
    });
  });
}

/** Like {@link execute}, but a status other than 0 is an error that holds what the program said. */
export async function succeed(
  file: string,
  args: readonly string[],
  options: ExecuteOptions = {},
): Promise<string> {
  const done = await execute(file, args, options);
  if (done.status !== 0) {
    throw new Error(
      `${file} ${args.join(' ')}: ${done.signal ?? `status ${done.status}`}\n${done.stderr}${done.stdout}`,
    );
  }
  return done.stdout;
}
