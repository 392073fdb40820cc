// SPDX-License-Identifier: MIT
/** The contract kit for plugin authors: `sluice/testing`. */
export type { Plugin } from './plugin/api.js';
