// SPDX-License-Identifier: MIT
import type { Status } from '../../status.js';
import type { ControlClient } from '../client.js';
import { controlClient, type CommandContext } from '../context.js';
import { EXIT } from '../exit-code.js';
import type { Io } from '../io.js';
import { selectClusters } from '../pattern.js';
import { printLines } from '../print.js';
import { renderStatus } from '../render-status.js';
import { watchStatus } from '../watch-status.js';

export interface StatusOptions {
  readonly pattern: string | null;
  readonly json: boolean;
  readonly watch: boolean;
}

export async function statusCommand(context: CommandContext, options: StatusOptions): Promise<number> {
  const client = controlClient(context);
  const { io } = context;
  const { pattern } = options;
  const fetch = (): Promise<Status> => fetchStatus(client, pattern);
  const render = (status: Status): readonly string[] => statusLines(io, status, options.json);
  if (options.watch) return watchStatus({ client, io, fetch, render });
  const status = await fetch();
  const isEmpty = pattern !== null && status.clusters.length === 0;
  if (!isEmpty || options.json) printLines(io, render(status));
  if (!isEmpty) return EXIT.done;
  io.err(`sluice: nothing matches "${pattern}"\n`);
  return EXIT.failed;
}

async function fetchStatus(client: ControlClient, pattern: string | null): Promise<Status> {
  const status = await client.get<Status>('/v1/status');
  return pattern === null ? status : { ...status, clusters: selectClusters(status.clusters, pattern) };
}

function statusLines(io: Io, status: Status, json: boolean): readonly string[] {
  if (json) return [JSON.stringify(status)];
  return renderStatus(status, { color: io.color, columns: io.columns, nowMs: io.now() });
}
