// SPDX-License-Identifier: MIT
/**
 * The messages of nfnetlink_log, linux/netfilter/nfnetlink_log.h: how a group is bound, and packets as they arrive.
 * Pure: nothing here talks to a socket.
 */
import { littleEndian } from './byte-order.js';
import { MessageWriter, NLM_F_ACK, NLM_F_REQUEST } from './netlink-message.js';
import { nfGenHeader } from './nf-tables.js';

const NFNL_SUBSYS_ULOG = 4;
const PACKET = NFNL_SUBSYS_ULOG << 8;
const CONFIG = (NFNL_SUBSYS_ULOG << 8) | 1;
/** `struct nlmsghdr` and `struct nfgenmsg` */
const HEADERS_BYTES = 20;
const TYPE_MASK = 0x3fff;

const NFULA_CFG_CMD = 1;
const NFULA_CFG_MODE = 2;
const NFULA_CFG_NLBUFSIZ = 3;
const NFULA_CFG_TIMEOUT = 4;
const NFULA_CFG_QTHRESH = 5;
const NFULNL_CFG_CMD_BIND = 1;
const NFULNL_COPY_PACKET = 2;

const NFULA_PACKET_HDR = 1;
const NFULA_MARK = 2;
const NFULA_TIMESTAMP = 3;
const NFULA_IFINDEX_INDEV = 4;
const NFULA_IFINDEX_OUTDEV = 5;
const NFULA_PAYLOAD = 9;
const NFULA_PREFIX = 10;

/** The kernel allots at least so much to each message, a page if nobody asks: a flood of small ones fits more. */
const MESSAGE_BYTES = 256;

/**
 * Binds `group` to the socket that sends it: each packet by itself and at once, its first `copyBytes` and no more.
 */
export function bindGroupMessage(sequence: number, group: number, copyBytes: number): Buffer {
  const writer = new MessageWriter(128);
  const start = writer.beginMessage(CONFIG, NLM_F_REQUEST | NLM_F_ACK, sequence);
  writer.raw(nfGenHeader(0, group));
  writer.u8(NFULA_CFG_CMD, NFULNL_CFG_CMD_BIND);
  // `struct nfulnl_msg_config_mode`, packed
  const mode = new Uint8Array(6);
  new DataView(mode.buffer).setUint32(0, copyBytes);
  mode[4] = NFULNL_COPY_PACKET;
  writer.data(NFULA_CFG_MODE, mode);
  writer.u32be(NFULA_CFG_NLBUFSIZ, MESSAGE_BYTES);
  writer.u32be(NFULA_CFG_TIMEOUT, 1);
  writer.u32be(NFULA_CFG_QTHRESH, 1);
  writer.endMessage(start);
  return writer.bytes();
}

/**
 * One packet of the log, as offsets into the datagram that brought it. One reader serves a whole flood: it makes
 * nothing that has to be collected.
 */
export class LoggedPacketReader {
  /** Offset and length of the packet's bytes; length 0 when there are none. */
  payload = 0;
  payloadBytes = 0;
  /** Offset and length of the rule's prefix, without its zero. */
  prefix = 0;
  prefixBytes = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #hook = 0;
  #mark = 0;
  #timestamp = 0;
  #inDevice = 0;
  #outDevice = 0;

  /** Reads the message at `at`; answers where the next one begins, or -1 when this is no whole message. */
  read(data: Buffer, at: number, end: number): number {
    if (this.#view.buffer !== data.buffer || this.#view.byteOffset !== data.byteOffset) {
      this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    }
    const view = this.#view;
    this.payloadBytes = this.prefixBytes = 0;
    this.#hook = this.#mark = this.#timestamp = this.#inDevice = this.#outDevice = 0;
    if (at + HEADERS_BYTES > end) return -1;
    const length = view.getUint32(at, littleEndian);
    if (length < HEADERS_BYTES || at + length > end) return -1;
    if (view.getUint16(at + 4, littleEndian) === PACKET)
      this.#readAttributes(at + HEADERS_BYTES, at + length);
    return at + ((length + 3) & ~3);
  }

  #readAttributes(from: number, end: number): void {
    const view = this.#view;
    for (let at = from; at + 4 <= end;) {
      const length = view.getUint16(at, littleEndian);
      if (length < 4 || at + length > end) return;
      this.#take(view.getUint16(at + 2, littleEndian) & TYPE_MASK, at + 4, length - 4);
      at += (length + 3) & ~3;
    }
  }

  #take(type: number, at: number, length: number): void {
    if (type === NFULA_PAYLOAD) {
      this.payload = at;
      this.payloadBytes = length;
    } else if (type === NFULA_PREFIX) {
      this.prefix = at;
      this.prefixBytes = Math.max(0, length - 1);
    } else if (length < 4) return;
    else if (type === NFULA_PACKET_HDR) this.#hook = at + 2;
    else if (type === NFULA_MARK) this.#mark = at;
    else if (type === NFULA_TIMESTAMP && length >= 16) this.#timestamp = at;
    else if (type === NFULA_IFINDEX_INDEV) this.#inDevice = at;
    else if (type === NFULA_IFINDEX_OUTDEV) this.#outDevice = at;
  }

  /** The netfilter hook that logged it: 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting. */
  get hook(): number {
    return this.#hook === 0 ? 0 : this.#view.getUint8(this.#hook);
  }

  /** The packet's mark; 0 when it has none. */
  get mark(): number {
    return this.#number(this.#mark);
  }

  /** Index of the device it came in by, or will leave by; 0 when there is none. */
  get inDevice(): number {
    return this.#number(this.#inDevice);
  }

  get outDevice(): number {
    return this.#number(this.#outDevice);
  }

  /** When the kernel saw it, in ms since 1970 with a fraction of microseconds; null when the kernel doesn't say. */
  get atMs(): number | null {
    if (this.#timestamp === 0) return null;
    const seconds = Number(this.#view.getBigUint64(this.#timestamp));
    return seconds * 1000 + Number(this.#view.getBigUint64(this.#timestamp + 8)) / 1000;
  }

  #number(at: number): number {
    return at === 0 ? 0 : this.#view.getUint32(at);
  }
}
