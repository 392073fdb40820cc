// SPDX-License-Identifier: MIT
/**
 * Filters on sockets: a packet that the program does not take neither fills the socket's buffer nor wakes its
 * reader. The classic machine of linux/filter.h and linux/bpf_common.h, as far as matching headers needs it: an
 * accumulator, and an index register that offsets may be relative to.
 */
import { littleEndian } from './byte-order.js';
import { SOL_SOCKET, loadLibc } from './ffi.js';

const SO_ATTACH_FILTER = 26;
/** `struct sock_filter { __u16 code; __u8 jt; __u8 jf; __u32 k; }` */
const STEP_BYTES = 8;

/** One step; `demand` ones let the packet go unless they hold. */
export interface FilterStep {
  readonly code: number;
  readonly k: number;
  readonly demand: boolean;
}

const step = (code: number, k = 0, demand = false): FilterStep => ({ code, k, demand });

/** Load from a fixed offset (BPF_ABS), or one that counts from the index register (BPF_IND). */
export const byteAt = (offset: number): FilterStep => step(0x30, offset);
export const halfAt = (offset: number): FilterStep => step(0x28, offset);
export const byteAtIndex = (offset: number): FilterStep => step(0x50, offset);
export const halfAtIndex = (offset: number): FilterStep => step(0x48, offset);
/** index = length of the IPv4 header that begins at `offset`. */
export const indexPastIpHeader = (offset: number): FilterStep => step(0xb1, offset);
/** Arithmetic on the accumulator. */
export const maskBy = (mask: number): FilterStep => step(0x54, mask);
export const shiftLeft = (bits: number): FilterStep => step(0x64, bits);
/** accumulator += index, and the way back. */
export const addIndex = (): FilterStep => step(0x0c);
export const toIndex = (): FilterStep => step(0x07);
/** The packet is let go unless the accumulator is so, or has one of these bits. */
export const mustBe = (value: number): FilterStep => step(0x15, value, true);
export const mustHaveBit = (bits: number): FilterStep => step(0x45, bits, true);

/** The program in the kernel's layout; of a packet that meets all demands the first `takenBytes` are taken. */
export function filterProgram(steps: readonly FilterStep[], takenBytes: number): Buffer {
  const RETURN = 0x06;
  const all = [...steps, step(RETURN, takenBytes), step(RETURN, 0)];
  // Kept in place: the kernel is given a pointer to it.
  const program = Buffer.from(new ArrayBuffer(all.length * STEP_BYTES));
  const view = new DataView(program.buffer);
  for (const [index, { code, k, demand }] of all.entries()) {
    const at = index * STEP_BYTES;
    view.setUint16(at, code, littleEndian);
    // Jumps count from the next step; the last one refuses.
    view.setUint8(at + 3, demand ? all.length - 2 - index : 0);
    view.setUint32(at + 4, k, littleEndian);
  }
  return program;
}

/** From now on the socket takes only what the program takes; what waits in it already stays. */
export function attachFilter(fd: number, program: Buffer): void {
  const libc = loadLibc();
  // `struct sock_fprog { unsigned short len; struct sock_filter *filter; }`
  const pointer = new DataView(new ArrayBuffer(16));
  pointer.setUint16(0, program.length / STEP_BYTES, littleEndian);
  pointer.setBigUint64(8, libc.addressOf(program), littleEndian);
  libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, new Uint8Array(pointer.buffer));
}
