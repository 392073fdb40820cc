// SPDX-License-Identifier: MIT

/** Headers beyond this are a fault of the member. */
export const MOST_HEADER_BYTES = 16_384;
/** A body that nobody searches is read this far for the sake of the connection, no farther. */
export const DRAINED_BYTES = 65_536;
