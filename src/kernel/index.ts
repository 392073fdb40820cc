// SPDX-License-Identifier: MIT
/** Kernel I/O for backend and watch plugins: `sluice/kernel`. Linux only, and koffi loads at first use. */
export type { Family } from '../virtual-service.js';
export * from './byte-order.js';
export * from './ffi.js';
export * from './socket-address.js';
export * from './socket-filter.js';
export * from './socket-options.js';
export * from './socket-origin.js';
export * from './system-error.js';
export * from './ip-address.js';
export * from './message-vector.js';
export * from './netlink-message.js';
export * from './netlink.js';
export * from './nf-tables-constants.js';
export * from './nf-tables-expressions.js';
export * from './nf-tables-read.js';
export * from './nf-tables-userdata.js';
export * from './nf-tables.js';
export * from './turns.js';
export * from './stream.js';
export * from './streams.js';
export * from './packet.js';
export * from './packet-log.js';
export type * from './packet-tally.js';
export type { PacketKind } from './packet-subject.js';
export * from './connection-table.js';
export type { ConnectionFilter } from './connection-filter.js';
export type { ConnectionCount } from './conntrack.js';
