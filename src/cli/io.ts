// SPDX-License-Identifier: MIT
/** Where a command writes and what that place can show; tests put their own in. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  readonly color: boolean;
  /** On standard error, which may be another place than standard output. */
  readonly errorColor: boolean;
  /** Columns of the terminal; Infinity when the output is a file or a pipe. */
  readonly columns: number;
  readonly rows: number;
  /** Wall clock, ms since the epoch. */
  now(): number;
}

/** The process's own streams. Colours need a terminal, no `NO_COLOR` (no-color.org) and no `--no-color`. */
export function processIo(wantColor: boolean): Io {
  const { stdout, stderr, env } = process;
  const may = wantColor && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    color: may && stdout.isTTY,
    errorColor: may && stderr.isTTY,
    get columns() {
      return stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY;
    },
    get rows() {
      return stdout.isTTY ? stdout.rows : Number.POSITIVE_INFINITY;
    },
    now: () => Date.now(),
  };
}

/** `sluice status | head` is no failure: what nobody reads any more need not be written. */
export function ignoreClosedOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}
