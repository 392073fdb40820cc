// SPDX-License-Identifier: MIT
import { connect } from '../plugin/connect.js';
import type { PluginContext, PluginHooks, PluginLog } from '../plugin/api.js';
import { systemClock } from '../runtime/clock.js';

const silentLog: PluginLog = { debug() {}, info() {}, warn() {}, error() {} };

/** Taps that nobody ever calls. */
const idleHooks: PluginHooks = {
  started() {},
  stopping() {},
  roleChanged() {},
  healthChanged() {},
  afterApply() {},
  adjustDesired() {},
  beforeApply() {},
  checkConfig() {},
};

/** A plugin context for tests: the real clock and real connections, no log, hooks that never fire. */
export function testContext(overrides: Partial<PluginContext> = {}): PluginContext {
  return {
    log: silentLog,
    clock: systemClock,
    signal: new AbortController().signal,
    hooks: idleHooks,
    directory: process.cwd(),
    connect,
    ...overrides,
  };
}
