// SPDX-License-Identifier: MIT
/** A netlink socket, netlink(7): synchronous requests, since the kernel has answered when send(2) returns. */
import { constants } from 'node:os';
import { littleEndian } from './byte-order.js';
import { AF_NETLINK, MSG_DONTWAIT, SOCK_RAW, SOL_SOCKET, loadLibc, type Libc } from './ffi.js';
import {
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_OVERRUN,
  NLM_F_DUMP_INTR,
  attributes,
  parseMessages,
  textOf,
  type NetlinkMessage,
} from './netlink-message.js';
import { SystemError, isSystemError } from './system-error.js';
import { Turns } from './turns.js';

export const NETLINK_NETFILTER = 12;

const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_RCVTIMEO = 20;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NLMSGERR_ATTR_MSG = 1;
/** `int error` and the header of the message that caused it (CAP_ACK leaves the rest out). */
const ERROR_HEADER_BYTES = 20;
const NLM_F_ACK_TLVS = 0x200;
const MEBIBYTE = 1024 * 1024;
/** The kernel fills dump datagrams up to the reader's buffer, 32 KiB at most. */
const RECEIVE_BYTES = 65_536;

/** What the kernel said to one message of a request; `errno` 0 is an acknowledgement. */
export interface Acknowledgement {
  readonly sequence: number;
  readonly errno: number;
  /** The kernel's own words, where it gave any. */
  readonly detail?: string;
}

export interface NetlinkOptions {
  readonly protocol: number;
  /** Multicast groups to hear. */
  readonly groups?: readonly number[];
  /** Limits, not reservations, in bytes; less where the system's own say so. Default 64 MiB and 4 MiB. */
  readonly sendBufferBytes?: number;
  readonly receiveBufferBytes?: number;
}

export class NetlinkSocket implements Disposable {
  readonly #libc: Libc;
  readonly #buffer = Buffer.alloc(RECEIVE_BYTES);
  #fd: number;
  #sequence = 1;
  /** This socket's own address: notifications that it caused bear it. */
  readonly portId: number;
  /** The largest request that the send buffer takes. */
  readonly sendLimitBytes: number;

  /** Throws SLUICE_UNAVAILABLE without koffi, and a {@link SystemError} where the kernel lacks the protocol. */
  constructor(options: NetlinkOptions) {
    this.#libc = loadLibc();
    this.#fd = this.#libc.socket(AF_NETLINK, SOCK_RAW, options.protocol);
    try {
      this.#growBuffer(SO_SNDBUFFORCE, SO_SNDBUF, options.sendBufferBytes ?? 64 * MEBIBYTE);
      this.#growBuffer(SO_RCVBUFFORCE, SO_RCVBUF, options.receiveBufferBytes ?? 4 * MEBIBYTE);
      this.#libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, timeval(ANSWER_SECONDS));
      this.#libc.setsockopt(this.#fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
      this.#libc.setsockopt(this.#fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
      this.#libc.bind(this.#fd, netlinkAddress());
      for (const group of options.groups ?? []) {
        this.#libc.setsockopt(this.#fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
      }
      const name = this.#libc.getsockname(this.#fd);
      this.portId = littleEndian ? name.readUInt32LE(4) : name.readUInt32BE(4);
      const size = this.#libc.getsockopt(this.#fd, SOL_SOCKET, SO_SNDBUF, 4);
      // Half of what the kernel grants is for its own bookkeeping, socket(7).
      this.sendLimitBytes = (littleEndian ? size.readInt32LE() : size.readInt32BE()) / 2;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The descriptor, for a thread that waits in poll(2); -1 once closed. It stays this object's to close. */
  get fd(): number {
    return this.#fd;
  }

  /** A fresh sequence number. */
  nextSequence(): number {
    this.#sequence = this.#sequence === 0xffffffff ? 1 : this.#sequence + 1;
    return this.#sequence;
  }

  /**
   * Sends one request or batch and answers all that the kernel acknowledged or refused. Throws the system's
   * error where the request did not get through (EPERM, EMSGSIZE), or where answers were lost (ENOBUFS).
   */
  transact(request: Uint8Array): Acknowledgement[] {
    this.#libc.send(this.#fd, request);
    const answers: Acknowledgement[] = [];
    for (const message of this.#received()) {
      if (message.type === NLMSG_ERROR) answers.push(acknowledgement(message));
    }
    return answers;
  }

  /**
   * Sends a request and shows `visit` each message that comes back for it, of one datagram or of many, with
   * turns for others on the event loop between. Throws the kernel's refusal, and EAGAIN when the dump was torn
   * by a change meanwhile (NLM_F_DUMP_INTR): ask again. `syscall` names the request in errors.
   */
  async dump(
    syscall: string,
    sequence: number,
    request: Uint8Array,
    visit: (message: NetlinkMessage) => void,
  ): Promise<void> {
    this.#libc.send(this.#fd, request);
    const turns = new Turns();
    let torn = false;
    for (;;) {
      const length = this.#libc.recv(this.#fd, this.#buffer);
      if (length < 0) throw new SystemError(syscall, constants.errno.ETIMEDOUT);
      // What is kept must not be overwritten by the next datagram.
      const data = Buffer.from(this.#buffer.subarray(0, length));
      for (const message of parseMessages(data)) {
        if (message.sequence !== sequence) continue;
        torn ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
        if (message.type === NLMSG_DONE || message.type === NLMSG_ERROR) {
          this.#drain();
          const { errno, detail } = acknowledgement(message);
          if (errno !== 0) throw new SystemError(syscall, errno, detail);
          if (torn) throw new SystemError(syscall, constants.errno.EAGAIN, 'the ruleset changed meanwhile');
          return;
        }
        visit(message);
      }
      if (turns.due) await turns.give();
    }
  }

  /**
   * Notifications waiting now; never blocks. `null` in the list: some were lost (the buffer overflowed), so
   * whoever follows a state has to read it afresh.
   */
  poll(): (NetlinkMessage | null)[] {
    const messages: (NetlinkMessage | null)[] = [];
    for (;;) {
      try {
        const before = messages.length;
        for (const message of this.#received()) messages.push(message);
        if (messages.length === before) return messages;
      } catch (error) {
        if (!isSystemError(error, 'ENOBUFS')) throw error;
        messages.push(null);
      }
    }
  }

  close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    this.#libc.close(fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** What has arrived already, without waiting. */
  *#received(): Generator<NetlinkMessage> {
    for (;;) {
      const length = this.#libc.recv(this.#fd, this.#buffer, MSG_DONTWAIT);
      if (length < 0) return;
      for (const message of parseMessages(Buffer.from(this.#buffer.subarray(0, length)))) {
        if (message.type === NLMSG_OVERRUN) throw new SystemError('recv', constants.errno.ENOBUFS);
        yield message;
      }
    }
  }

  #drain(): void {
    while (this.#libc.recv(this.#fd, this.#buffer, MSG_DONTWAIT) >= 0);
  }

  /** Past the system's limit where we may, up to it otherwise. */
  #growBuffer(force: number, ordinary: number, bytes: number): void {
    try {
      this.#libc.setsockopt(this.#fd, SOL_SOCKET, force, bytes);
    } catch (error) {
      if (!isSystemError(error, 'EPERM')) throw error;
      this.#libc.setsockopt(this.#fd, SOL_SOCKET, ordinary, bytes);
    }
  }
}

/** The kernel has a dump's next part ready at once: this only keeps a fault of its from hanging the process. */
const ANSWER_SECONDS = 2;

/** `struct sockaddr_nl` with a port for the kernel to choose. */
function netlinkAddress(): Uint8Array {
  const address = new Uint8Array(12);
  new DataView(address.buffer).setUint16(0, AF_NETLINK, littleEndian);
  return address;
}

/** `struct timeval` of 64-bit systems; little-endian 32-bit ones read its first half. */
function timeval(seconds: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(seconds), littleEndian);
  return bytes;
}

/** `struct nlmsgerr`; NLMSG_DONE has the error alone. */
function acknowledgement(message: NetlinkMessage): Acknowledgement {
  const { payload, sequence } = message;
  const error = payload.length < 4 ? 0 : littleEndian ? payload.readInt32LE(0) : payload.readInt32BE(0);
  const told = (message.flags & NLM_F_ACK_TLVS) !== 0;
  const detail = told
    ? textOf(attributes(payload.subarray(ERROR_HEADER_BYTES)).get(NLMSGERR_ATTR_MSG))
    : undefined;
  return detail === undefined ? { sequence, errno: -error } : { sequence, errno: -error, detail };
}
