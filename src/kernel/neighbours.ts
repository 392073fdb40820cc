// SPDX-License-Identifier: MIT
import type { Clock } from '../plugin/api.js';
import { NETLINK_ROUTE, RTNLGRP_NEIGH, readNeighbour, type Neighbour } from './neighbour-message.js';
import { NetlinkSocket } from './netlink.js';

export interface NeighbourWatchOptions {
  readonly clock: Clock;
  /** Between two looks, of one system call each. Default 100 ms: the kernel takes seconds to give a neighbour up. */
  readonly everyMs?: number;
}

/** So many neighbours are remembered as failed: one that returns after more have failed is not told. */
const MOST_FAILED = 4096;

/**
 * Hears from the kernel of neighbours that fail to answer on their link (a host that is gone, or cut off), each time
 * the kernel gives one up, and of those among them that are back. `onChanges` gets what came since the last look, in
 * order; `lost` says that there was more than the kernel could keep.
 *
 * Needs no right. Throws SLUICE_UNAVAILABLE without koffi.
 */
export function watchNeighbours(
  { clock, everyMs = 100 }: NeighbourWatchOptions,
  onChanges: (changes: readonly Neighbour[], lost: boolean) => void,
): Disposable {
  const socket = new NetlinkSocket({ protocol: NETLINK_ROUTE, groups: [RTNLGRP_NEIGH] });
  const failed = new Set<string>();
  const isNews = ({ address, device, state }: Neighbour): boolean => {
    const key = `${address}%${device}`;
    if (state === 'reachable') return failed.delete(key);
    if (failed.size < MOST_FAILED) failed.add(key);
    return true;
  };
  const look = (): void => {
    timer = clock.after(everyMs, look);
    const messages = socket.poll();
    if (messages.length === 0) return;
    const changes = messages.flatMap((message) => (message && readNeighbour(message)) ?? []).filter(isNews);
    const lost = messages.includes(null);
    if (changes.length > 0 || lost) onChanges(changes, lost);
  };
  let timer = clock.after(everyMs, look);
  return {
    [Symbol.dispose]: () => {
      timer[Symbol.dispose]();
      socket.close();
    },
  };
}
