// SPDX-License-Identifier: MIT
/**
 * The thread that reads a packet log: it waits in poll(2), counts what has come, tells the main thread, and rests a
 * little, while the kernel's buffer takes what comes next.
 */
import { performance } from 'node:perf_hooks';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { loadLibc, MSG_DONTWAIT, POLLIN, type Libc } from './ffi.js';
import { PacketTally } from './packet-tally.js';
import { isSystemError } from './system-error.js';

/** What the main thread hands over. It opened the descriptors, and closes them when this thread is gone. */
export interface PacketLogTask {
  readonly socket: number;
  /** Readable when it is time to end. */
  readonly wake: number;
  /** An Int32Array of one: how many batches the main thread has taken. */
  readonly taken: SharedArrayBuffer;
}

/** Between two batches. */
const REST_MS = 2;
/** The thread rests at least so many times as long as it worked: a flood costs a third of a processor at most. */
const REST_SHARE = 2;
/** So many packets are read before the main thread is told: about a millisecond's work. */
const BURST = 512;
/** The kernel cuts packets to what was asked for: datagrams are far smaller. */
const DATAGRAM_BYTES = 4096;

if (parentPort === null) throw new Error('this module is the body of a worker thread');
read(parentPort, workerData);

function read(port: MessagePort, { socket, wake, taken }: PacketLogTask): void {
  const libc = loadLibc();
  const datagram = Buffer.alloc(DATAGRAM_BYTES);
  const takenCount = new Int32Array(taken);
  const tally = new PacketTally();
  let told = 0;
  for (;;) {
    const [ended] = libc.poll(
      [
        { fd: wake, events: POLLIN },
        { fd: socket, events: POLLIN },
      ],
      tally.isEmpty ? -1 : 0,
    );
    if (ended !== 0) return;
    const startedMs = performance.now();
    drain(libc, socket, datagram, tally);
    // While the main thread is busy elsewhere there is one batch on its way, and no more.
    if (!tally.isEmpty && Atomics.load(takenCount, 0) === told) {
      port.postMessage(tally.take());
      told += 1;
    }
    const restMs = Math.max(REST_MS, (performance.now() - startedMs) * REST_SHARE);
    if (libc.poll([{ fd: wake, events: POLLIN }], Math.ceil(restMs))[0] !== 0) return;
  }
}

/** Reads what waits, but no more than a burst. */
function drain(libc: Libc, socket: number, datagram: Buffer, tally: PacketTally): void {
  for (let count = 0; count < BURST; count += 1) {
    try {
      const length = libc.recv(socket, datagram, MSG_DONTWAIT);
      if (length < 0) return;
      tally.add(datagram, length);
    } catch (error) {
      // The buffer overflowed; the kernel says so once, and goes on.
      if (!isSystemError(error, 'ENOBUFS')) throw error;
      tally.lose();
    }
  }
}
