// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { defaultSocket, readSurroundings } from '../config/default-paths.js';
import { SluiceError } from '../errors.js';
import { ControlClient } from './client.js';
import type { Io } from './io.js';

export const DEFAULT_CONFIG_FILE = '/etc/sluice/sluice.yaml';

/** What the options that every command takes amount to. */
export interface CommandContext {
  readonly io: Io;
  /** As given with `--config`; null: not given. */
  readonly config: string | null;
  /** As given with `--socket`; null: not given. */
  readonly socket: string | null;
}

export function configFile({ config }: CommandContext): string {
  return resolve(config ?? DEFAULT_CONFIG_FILE);
}

export function controlClient(context: CommandContext): ControlClient {
  return new ControlClient(controlSocket(context));
}

/**
 * `--socket`, else `control.socket` of the configuration, else the default. A file named by `--config` must be
 * readable; the default file need not even exist.
 */
export function controlSocket(context: CommandContext): string {
  if (context.socket !== null) return resolve(context.socket);
  const file = configFile(context);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (context.config === null) return defaultSocket(readSurroundings());
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError('SLUICE_CFG_READ', `cannot read the configuration ${file}: ${why}`, {
      cause: error,
    });
  }
  const socket = socketIn(text);
  return socket === null ? defaultSocket(readSurroundings()) : resolve(dirname(file), socket);
}

/**
 * A big configuration takes seconds to parse, which is no price for one path: the block below the top-level
 * `control:` is cut out and read alone. Only a file without any such line is parsed whole (it may be JSON).
 */
export function socketIn(text: string): string | null {
  const block = /^control[ \t]*:.*(?:\n(?:[ \t#].*|\r?(?=\n)))*/m.exec(text)?.[0];
  if (block === undefined && /^[\w"'-]+[ \t]*:/m.test(text)) return null;
  const document = parseDocument(block ?? text, { logLevel: 'silent' });
  if (document.errors.length > 0) return null;
  const socket = document.getIn(['control', 'socket']);
  return typeof socket === 'string' ? socket : null;
}
