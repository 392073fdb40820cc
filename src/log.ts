// SPDX-License-Identifier: MIT
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from './model.js';
import { PrettyLog } from './pretty-log.js';

export interface LogOptions {
  readonly level: Config['log']['level'];
  /** null: pretty on a terminal, JSON otherwise. */
  readonly format: Config['log']['format'];
  /** Default: standard output, written synchronously, so that the last line before a crash is there. */
  readonly destination?: DestinationStream;
}

/** The daemon's log. No worker and no buffer: under systemd both lose the lines that matter most. */
export function createLog(options: LogOptions): Logger {
  const { level, destination = pino.destination({ dest: 1, sync: true }) } = options;
  const format = options.format ?? (process.stdout.isTTY ? 'pretty' : 'json');
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    format === 'pretty' ? new PrettyLog(destination) : destination,
  );
}
