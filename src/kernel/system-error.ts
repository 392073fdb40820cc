// SPDX-License-Identifier: MIT
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

let texts: ReturnType<typeof getSystemErrorMap> | undefined;

/** A system call's refusal, shaped like Node's own system errors. */
export class SystemError extends Error {
  /** `ENOENT`, `EPERM`, … */
  readonly code: string;
  /** Positive, as in errno(3). */
  readonly errno: number;
  /** What was asked: the system call, or the kernel request. */
  readonly syscall: string;

  /** `detail` is the kernel's own explanation where it gave one (netlink's NLMSGERR_ATTR_MSG). */
  constructor(syscall: string, errno: number, detail?: string) {
    const code = errnoName(errno);
    // Node makes its map anew each time it is asked for.
    texts ??= getSystemErrorMap();
    const text = detail ?? texts.get(-errno)?.[1];
    super(`${syscall}: ${code}${text === undefined ? '' : ` (${text})`}`);
    this.name = 'SystemError';
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

const names = new Map<number, string>();

/** The name of a positive errno: `errnoName(2)` is `ENOENT`. Unknown ones are `ERRNO_nnn`. */
export function errnoName(errno: number): string {
  if (names.size === 0) {
    for (const [name, value] of Object.entries(constants.errno)) {
      if (!names.has(value)) names.set(value, name);
    }
    // Linux reuses the number for both; the kernel means the first.
    names.set(constants.errno.EAGAIN, 'EAGAIN');
    names.set(constants.errno.EOPNOTSUPP, 'EOPNOTSUPP');
  }
  return names.get(errno) ?? `ERRNO_${errno}`;
}

/** Whether `error` is a system error of one of these codes. */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is SystemError {
  return error instanceof SystemError && (codes.length === 0 || codes.includes(error.code));
}
