// SPDX-License-Identifier: MIT
import { pino, type DestinationStream, type Logger } from 'pino';
import { LogOutput } from './log-output.js';
import type { Config } from './model.js';
import { PrettyLog } from './pretty-log.js';

export interface LogOptions {
  readonly level: Config['log']['level'];
  /** null: pretty on a terminal, JSON otherwise. */
  readonly format: Config['log']['format'];
  /** `stdout`, the default, is the daemon's; commands whose output is asked for say `stderr`. */
  readonly destination?: 'stdout' | 'stderr' | DestinationStream;
}

/** The log. No worker and no buffer: under systemd both lose the lines that matter most. */
export function createLog({ level, format, destination = 'stdout' }: LogOptions): Logger {
  const stream = destination === 'stderr' ? process.stderr : process.stdout;
  const output: DestinationStream =
    typeof destination === 'string'
      ? new LogOutput({
          descriptor: destination === 'stderr' ? 2 : 1,
          recovered: (lines, why) =>
            log.warn({ lines, why }, 'lines of this log were lost: it could not be written'),
        })
      : destination;
  const isPretty = (format ?? (stream.isTTY ? 'pretty' : 'json')) === 'pretty';
  const log = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    isPretty ? new PrettyLog(output) : output,
  );
  return log;
}
