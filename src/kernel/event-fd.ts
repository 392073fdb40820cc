// SPDX-License-Identifier: MIT
import { writeSync } from 'node:fs';
import { littleEndian } from './byte-order.js';
import { loadLibc } from './ffi.js';
import { type Native, loadKoffi } from './koffi.js';
import { SystemError } from './system-error.js';

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

let create: Native<[number, number]> | undefined;

/** An eventfd(2): readable from its first signal on. It wakes a thread that waits in poll(2). */
export class EventFd implements Disposable {
  readonly fd: number;

  /** Throws SLUICE_UNAVAILABLE without koffi. */
  constructor() {
    const koffi = loadKoffi();
    create ??= koffi.load(null).func<Native<[number, number]>>('int eventfd(uint32, int)');
    this.fd = create(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (this.fd < 0) throw new SystemError('eventfd', koffi.errno());
  }

  signal(): void {
    const one = new Uint8Array(8);
    new DataView(one.buffer).setBigUint64(0, 1n, littleEndian);
    writeSync(this.fd, one);
  }

  [Symbol.dispose](): void {
    loadLibc().close(this.fd);
  }
}
