// SPDX-License-Identifier: MIT
/** The public API for plugin authors. */
export * from './plugin/api.js';
export * from './plugin/define.js';
export type * from './plugin/schema.js';
export * from './change-set.js';
export * from './virtual-service.js';
export { SluiceError, type ErrorCode } from './errors.js';
export type { Diagnostic, Place } from './config/diagnostics.js';
export { parseDuration } from './config/duration.js';
export { closeByReset } from './plugin/connect.js';
export { connectDatagram } from './plugin/connect-datagram.js';
export { othersMayWrite } from './plugin/trusted-file.js';
export { unsupportedIn } from './plugin/unsupported.js';
