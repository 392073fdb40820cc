// SPDX-License-Identifier: MIT
import { resolve } from 'node:path';
import type { Config } from '../../model.js';
import { type Surroundings, defaultSocket, defaultStateDirectory } from '../default-paths.js';
import { readAddressPort } from '../listen.js';
import type { RawRoot } from '../schema/raw.js';
import { durationMs, must } from './must.js';

/** Everything that is no cluster and no plugin's. Relative paths start at `directory`. */
export function resolveGeneral(
  raw: RawRoot,
  directory: string,
  surroundings: Surroundings,
): Pick<Config, 'control' | 'state' | 'log' | 'http'> {
  const { control = {}, state = {}, log = {}, http } = raw;
  const socket =
    control.socket === undefined ? defaultSocket(surroundings) : resolve(directory, control.socket);
  const stateDirectory =
    state.directory === undefined
      ? defaultStateDirectory(surroundings, socket)
      : resolve(directory, state.directory);
  return {
    control: {
      socket,
      group: control.group ?? null,
      statusSocket: control.status_socket === undefined ? null : resolve(directory, control.status_socket),
      statusGroup: control.status_group ?? null,
    },
    state: { directory: stateDirectory, maxAgeMs: durationMs(state.max_age, 600_000) },
    log: { level: log.level ?? 'info', format: log.format ?? null },
    http: http === undefined ? null : addressAndPort(http.listen),
  };
}

function addressAndPort(text: string): { address: string; port: number } {
  const { address, port } = must(readAddressPort(text));
  return { address, port };
}
