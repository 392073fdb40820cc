// SPDX-License-Identifier: MIT
/** Kernel I/O for backend and watch plugins: `sluice/kernel`. Linux only, and koffi loads at first use. */
export type { Family } from '../virtual-service.js';
export * from './ffi.js';
export * from './socket-options.js';
export * from './system-error.js';
