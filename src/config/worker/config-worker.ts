// SPDX-License-Identifier: MIT
/** The thread that reads one large configuration, hands it over piece by piece, and ends. */
import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Compiled, compileConfig } from '../compile.js';
import { type Head, type Task, type ToMain, sliceClusters } from './messages.js';
import { RemoteOracle } from './remote-oracle.js';

if (parentPort === null) throw new Error('this module is the body of a worker thread');
void work(parentPort, workerData);

async function work(port: MessagePort, { input, surroundings }: Task): Promise<void> {
  const compiled = await compileConfig(input, new RemoteOracle(port), surroundings);
  const head = headOf(compiled);
  const buffers = head.sources.files.map(({ positions }) => positions.buffer);
  const message: ToMain = { is: 'head', head };
  port.postMessage(message, buffers);
  for (const slice of sliceClusters(compiled.config?.clusters ?? [])) {
    await once(port, 'message');
    port.postMessage({ is: 'slice', slice: JSON.stringify(slice) } satisfies ToMain);
  }
  await once(port, 'message');
  port.postMessage({ is: 'slice', slice: null } satisfies ToMain);
  port.close();
}

function headOf({ config, diagnostics, sources }: Compiled): Head {
  if (config === null) return { diagnostics, sources, config, clusters: [] };
  const { clusters, ...rest } = config;
  return { diagnostics, sources, config: rest, clusters: clusters.map(({ name }) => name) };
}
