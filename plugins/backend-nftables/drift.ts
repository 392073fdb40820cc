// SPDX-License-Identifier: MIT
import {
  NETLINK_NETFILTER,
  NFNLGRP_NFTABLES,
  NFT_MSG,
  NetlinkSocket,
  nfTablesType,
  tableNameOf,
  type NetlinkMessage,
  type TableName,
} from 'sluice/kernel';
import type { PluginContext } from 'sluice';
import { operatorError } from './faults.js';

/** Between two looks at the notifications: short enough to repair at once, too rare to cost anything. */
const POLL_MS = 150;
/** Between two attempts to hear notifications at all, when the kernel doesn't let us. */
const RETRY_MS = 5_000;

/**
 * Hears the kernel's notifications and calls `report` when somebody else has changed the table. Own changes
 * bear `ownPortId`. A look costs one system call; nothing blocks, nothing is thrown: where notifications can't
 * be had it says so in the log and tries again.
 */
export function watchDrift(
  name: TableName,
  ownPortId: number,
  { clock, log }: Pick<PluginContext, 'clock' | 'log'>,
  report: (what: string) => void,
): Disposable {
  let deaf = false;
  let ended = false;
  const subscribe = (): NetlinkSocket | null => {
    try {
      return new NetlinkSocket({ protocol: NETLINK_NETFILTER, groups: [NFNLGRP_NFTABLES] });
    } catch (error) {
      if (!deaf)
        log.warn({ err: operatorError(error) }, 'changes by others to the table go unnoticed for now');
      deaf = true;
      return null;
    }
  };
  const look = (): void => {
    const heard = socket;
    socket ??= subscribe();
    try {
      const what = socket === null ? null : summary(name, ownPortId, socket.poll());
      if (what !== null) report(what);
      else if (heard === null && socket !== null) report('notifications of the kernel are heard again');
    } catch (error) {
      // Whatever was missed: the table has to be read again.
      log.warn({ err: error }, 'notifications of nf_tables cannot be read');
      socket?.close();
      socket = null;
      deaf = true;
    }
    if (!ended) timer = clock.after(socket === null ? RETRY_MS : POLL_MS, look);
  };
  let socket = subscribe();
  let timer = clock.after(POLL_MS, look);
  return {
    [Symbol.dispose]: () => {
      ended = true;
      timer[Symbol.dispose]();
      socket?.close();
    },
  };
}

/** What others did to the table, in one line; null when nothing. */
function summary(
  name: TableName,
  ownPortId: number,
  messages: readonly (NetlinkMessage | null)[],
): string | null {
  let changes = 0;
  let deleted = false;
  for (const message of messages) {
    if (message === null) return 'notifications of the kernel were lost';
    // The generation says that something changed, not what: its own messages do.
    if (message.portId === ownPortId || message.type === nfTablesType(NFT_MSG.NEWGEN)) continue;
    const { family, table } = tableNameOf(message);
    if (family !== name.family || table !== name.table) continue;
    changes += 1;
    deleted ||= message.type === nfTablesType(NFT_MSG.DELTABLE);
  }
  if (changes === 0) return null;
  return deleted
    ? `somebody deleted table inet ${name.table}`
    : `somebody changed table inet ${name.table} (${changes} ${changes === 1 ? 'change' : 'changes'})`;
}
