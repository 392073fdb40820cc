// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { SluiceError } from '../errors.js';
import { NETLINK_NETFILTER, NetlinkSocket } from './netlink.js';
import { bindGroupMessage } from './packet-log-message.js';
import { kernelRefusal } from './refusal.js';
import { SystemError, isSystemError } from './system-error.js';

/** Each line begins with a group that has a reader. */
const BOUND_GROUPS = '/proc/thread-self/net/netfilter/nfnetlink_log';

/** Opens a socket that reads an NFLOG group; refusals in words for the operator. */
export function openPacketLog(group: number, copyBytes: number, receiveBufferBytes: number): NetlinkSocket {
  if (!Number.isInteger(group) || group < 0 || group > 0xffff) {
    throw new RangeError(`an NFLOG group is a number from 0 to 65535, not ${group}`);
  }
  let socket: NetlinkSocket | undefined;
  try {
    socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER, receiveBufferBytes });
    const [answer] = socket.transact(bindGroupMessage(socket.nextSequence(), group, copyBytes));
    if (answer !== undefined && answer.errno !== 0) {
      throw new SystemError('NFLOG bind', answer.errno, answer.detail);
    }
    return socket;
  } catch (error) {
    socket?.close();
    throw operatorError(group, error);
  }
}

/** What an operator can do about it. The kernel says EPERM both without the right and of somebody else's group. */
function operatorError(group: number, error: unknown): unknown {
  if (isSystemError(error, 'EBUSY') || (isSystemError(error, 'EPERM') && hasReader(group))) {
    return new SluiceError(
      'SLUICE_KERNEL',
      `another program reads NFLOG group ${group} (see ${BOUND_GROUPS}): choose another group`,
      { cause: error },
    );
  }
  return kernelRefusal(error, 'reading the packet log', 'nfnetlink_log');
}

function hasReader(group: number): boolean {
  try {
    const lines = readFileSync(BOUND_GROUPS, 'utf8').split('\n');
    return lines.some((line) => Number.parseInt(line, 10) === group);
  } catch {
    return false;
  }
}
