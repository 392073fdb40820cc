#!/usr/bin/env node
// SPDX-License-Identifier: MIT
'use strict';
const { hasBundle, loadBundle } = require('./load.js');

void (async () => {
  const { main } = hasBundle() ? loadBundle() : await import('../dist/src/main.js');
  process.exitCode = await main(process.argv.slice(2));
})();
