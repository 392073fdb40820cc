// SPDX-License-Identifier: MIT
import { Worker } from 'node:worker_threads';
import { EventFd } from './event-fd.js';
import type { NetlinkSocket } from './netlink.js';
import { openPacketLog } from './packet-log-socket.js';
import type { PacketLogTask } from './packet-log-worker.js';
import type { PacketBatch } from './packet-tally.js';

export interface PacketLogOptions {
  /** NFLOG group, 0 to 65535: that of the rules' `log group`. A group has one reader in a network namespace. */
  readonly group: number;
  /** Ends the watch, as disposing does. */
  readonly signal?: AbortSignal;
  /** How much is read of each packet, from its IP header on. Default 128: enough for what an ICMPv6 error quotes. */
  readonly copyBytes?: number;
  /** What the kernel may hold back while packets come faster than they are read. Default 4 MiB. */
  readonly receiveBufferBytes?: number;
}

export interface PacketLog extends AsyncDisposable {
  /** Settles when the watch has ended: with null when it was told to, or with the fault that ended it. */
  readonly ended: Promise<Error | null>;
}

/**
 * Watches what rules log to an NFLOG group, and calls `onSignals` with what the packets tell of endpoints: at once
 * with the first, then every few milliseconds at most, however many packets come. A thread reads them; it doesn't
 * keep the process alive. A throw of `onSignals` ends the watch.
 *
 * Throws SLUICE_PRIVILEGE (CAP_NET_ADMIN), SLUICE_UNAVAILABLE (koffi, a kernel module) and SLUICE_KERNEL (the group
 * has another reader), in words for the operator.
 */
export function watchPacketLog(
  options: PacketLogOptions,
  onSignals: (batch: PacketBatch) => void,
): PacketLog {
  const { group, signal, copyBytes = 128, receiveBufferBytes = 4 * 1024 * 1024 } = options;
  signal?.throwIfAborted();
  const socket = openPacketLog(group, copyBytes, receiveBufferBytes);
  try {
    return new Reader(socket, onSignals, signal);
  } catch (error) {
    socket.close();
    throw error;
  }
}

class Reader implements PacketLog {
  readonly ended: Promise<Error | null>;
  readonly #wake = new EventFd();
  readonly #worker: Worker;
  #fault: Error | null = null;
  #gone = false;

  constructor(
    socket: NetlinkSocket,
    onSignals: (batch: PacketBatch) => void,
    signal: AbortSignal | undefined,
  ) {
    const taken = new SharedArrayBuffer(4);
    const task: PacketLogTask = { socket: socket.fd, wake: this.#wake.fd, taken };
    this.#worker = new Worker(new URL('./packet-log-worker.js', import.meta.url), {
      workerData: task,
      execArgv: [],
    });
    this.#worker.on('message', (batch: PacketBatch) => {
      Atomics.add(new Int32Array(taken), 0, 1);
      if (this.#fault === null) this.#tell(onSignals, batch);
    });
    // After the listener, which would undo it.
    this.#worker.unref();
    this.#worker.on('error', (error) => {
      this.#fault ??= error;
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#gone = true;
        process.off('exit', this.#end);
        signal?.removeEventListener('abort', this.#end);
        this.#wake[Symbol.dispose]();
        socket.close();
        resolve(this.#fault);
      });
    });
    // A thread in poll(2) hears of nothing else: without this the process would wait for it forever.
    process.on('exit', this.#end);
    signal?.addEventListener('abort', this.#end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    await this.ended;
  }

  readonly #end = (): void => {
    if (this.#gone) return;
    this.#worker.ref();
    this.#wake.signal();
  };

  #tell(onSignals: (batch: PacketBatch) => void, batch: PacketBatch): void {
    try {
      onSignals(batch);
    } catch (error) {
      this.#fault = error instanceof Error ? error : new Error(String(error));
      this.#end();
    }
  }
}
