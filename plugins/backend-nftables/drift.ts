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

/** Between two looks at the notifications: short enough to repair at once, too rare to cost anything. */
const POLL_MS = 150;

/**
 * Hears the kernel's notifications and calls `report` when somebody else has changed the table. Own changes
 * bear `ownPortId`. A look costs one system call; nothing blocks.
 */
export function watchDrift(
  name: TableName,
  ownPortId: number,
  { clock, log }: Pick<PluginContext, 'clock' | 'log'>,
  report: (what: string) => void,
): Disposable {
  const socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER, groups: [NFNLGRP_NFTABLES] });
  let timer: Disposable;
  const look = (): void => {
    try {
      const what = summary(name, ownPortId, socket.poll());
      if (what !== null) report(what);
    } catch (error) {
      // Whatever was missed: the table has to be read again.
      log.warn({ err: error }, 'notifications of nf_tables cannot be read');
      report('notifications of the kernel cannot be read');
    }
    timer = clock.after(POLL_MS, look);
  };
  timer = clock.after(POLL_MS, look);
  return {
    [Symbol.dispose]: () => {
      timer[Symbol.dispose]();
      socket.close();
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
