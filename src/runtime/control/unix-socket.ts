// SPDX-License-Identifier: MIT
/**
 * Opens a server on a UNIX socket so that the path is never without an owner, never open to others for a
 * moment, and never taken from a daemon that lives: bind under a private name, set mode and group, then link
 * the finished socket to its path.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  type BigIntStats,
} from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { SluiceError } from '../../errors.js';
import { runningDaemonPid } from './running-daemon.js';

/** Of `sun_path` in sockaddr_un, less the closing zero: 108 on Linux, 104 on the BSDs and macOS (unix(7)). */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;
const CONNECT_TIMEOUT_MS = 2000;

export interface UnixSocketOptions {
  readonly path: string;
  readonly mode: number;
  /** Numeric group; null leaves the process's own. */
  readonly gid: number | null;
}

/** Removes the socket from its path, unless another process has put its own there since. */
export type Unlink = () => void;

/** Starts `server` on the path. Throws SLUICE_RUNNING when another daemon has it, SLUICE_SOCKET otherwise. */
export async function listenOnUnixSocket(server: Server, options: UnixSocketOptions): Promise<Unlink> {
  const { path } = options;
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}`);
  for (const candidate of [path, temporary]) {
    if (Buffer.byteLength(candidate) > MAX_PATH_BYTES) {
      throw new SluiceError(
        'SLUICE_SOCKET',
        `the socket path ${path} is too long for a UNIX socket (at most ${MAX_PATH_BYTES} bytes); choose a shorter one`,
      );
    }
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    await clearStale(path);
    await bind(server, temporary);
    try {
      if (options.gid !== null) chownSync(temporary, -1, options.gid);
      chmodSync(temporary, options.mode);
      await publish(temporary, path);
    } catch (error) {
      server.close();
      throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
    const mine = statOrNull(path);
    return () => {
      const now = statOrNull(path);
      if (now !== null && mine !== null && isSame(now, mine)) rmSync(path, { force: true });
    };
  } catch (error) {
    throw error instanceof SluiceError ? error : socketError(path, error);
  }
}

/** The umask holds only while bind(2) runs, which is before `listen` returns. */
function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const umask = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(umask);
    }
  });
}

/** link(2) refuses a path that exists: of two daemons that start at once, one wins and the other is told. */
async function publish(temporary: string, path: string): Promise<void> {
  try {
    linkSync(temporary, path);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') throw await alreadyRunning(path, error);
    // A file system without hard links (or that refuses them for sockets): the rename is atomic as well, only
    // blind to a daemon that started within the last milliseconds.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
    renameSync(temporary, path);
  }
}

async function clearStale(path: string): Promise<void> {
  const before = statOrNull(path);
  if (before === null) return;
  if (!before.isSocket()) {
    throw new SluiceError(
      'SLUICE_SOCKET',
      `${path} exists and is not a socket; remove it or choose another control.socket`,
    );
  }
  if (await answers(path)) throw await alreadyRunning(path);
  const now = statOrNull(path);
  // Another daemon may have replaced the stale socket while we asked: its own is not ours to remove.
  if (now !== null && isSame(now, before)) unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.setTimeout(CONNECT_TIMEOUT_MS);
    const done = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => done(true));
    // A backlog that is full, or a daemon too busy to accept, is still a daemon.
    socket.once('timeout', () => done(true));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') done(false);
      else if (error.code === 'EAGAIN') done(true);
      else reject(error);
    });
  });
}

async function alreadyRunning(path: string, cause?: unknown): Promise<SluiceError> {
  const pid = await runningDaemonPid(path);
  const who = pid === null ? 'another process' : `another daemon (pid ${pid})`;
  return new SluiceError(
    'SLUICE_RUNNING',
    `${who} already runs on ${path}; stop it first, or give this one its own control.socket`,
    { cause },
  );
}

function socketError(path: string, error: unknown): SluiceError {
  const code = errorCode(error);
  const what = {
    EACCES: `no permission to create the socket ${path}; run as root, or choose control.socket in a directory that this user may write`,
    EPERM: `no permission to set the group or mode of ${path}; run as root, or as a member of control.group`,
    EROFS: `the file system of ${path} is read-only; choose another control.socket`,
    ENOSPC: `no space left to create the socket ${path}; free some space`,
    ENOTDIR: `a part of the path ${path} is not a directory; choose another control.socket`,
  }[code];
  return new SluiceError('SLUICE_SOCKET', what ?? `cannot open the control socket ${path}: ${code}`, {
    cause: error,
  });
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function statOrNull(path: string): BigIntStats | null {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
}

/** Inode numbers are used again at once on some file systems; the time of the last change tells them apart. */
function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.ino === other.ino && one.dev === other.dev && one.ctimeNs === other.ctimeNs;
}
