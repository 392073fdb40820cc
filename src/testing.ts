// SPDX-License-Identifier: MIT
/** The contract kit for plugin authors: `sluice/testing`. */
export * from './testing/fake-backend.js';
export * from './testing/fake-clock.js';
export * from './testing/fake-engine.js';
export * from './testing/check-kit.js';
export { testContext } from './testing/test-context.js';
export type { BackendHarness } from './testing/backend-harness.js';
export { testBackend } from './testing/backend-kit.js';
