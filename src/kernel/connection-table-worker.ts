// SPDX-License-Identifier: MIT
/** The thread that walks over the connection table, one task after the other. */
import { parentPort } from 'node:worker_threads';
import type { ErrorCode } from '../errors.js';
import { SluiceError } from '../errors.js';
import type { ConnectionFilter } from './connection-filter.js';
import { countEntries, deleteEntries, type ConnectionCount } from './conntrack.js';
import { kernelRefusal } from './refusal.js';

/** What is to be done with the entries of some filters. */
export interface TableTask {
  readonly action: 'count' | 'delete';
  readonly filters: readonly ConnectionFilter[];
}

/** An answer a filter, or why there is none. */
export type TableAnswer =
  | { readonly results: readonly (number | ConnectionCount)[] }
  | { readonly refusal: { readonly code: ErrorCode; readonly message: string } };

if (parentPort === null) throw new Error('this module is the body of a worker thread');
const port = parentPort;
port.on('message', (task: TableTask) => {
  void carryOut(task).then((answer) => port.postMessage(answer));
});

async function carryOut({ action, filters }: TableTask): Promise<TableAnswer> {
  try {
    return { results: await (action === 'count' ? countEntries(filters) : deleteEntries(filters)) };
  } catch (error) {
    const refusal = kernelRefusal(error, 'reading the connection table', 'nf_conntrack_netlink');
    if (!(refusal instanceof SluiceError)) throw error;
    return { refusal: { code: refusal.code, message: refusal.message } };
  }
}
