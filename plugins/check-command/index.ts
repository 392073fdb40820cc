// SPDX-License-Identifier: MIT
import { defineCheck } from 'sluice';
import { coProcessProber } from './co-process-prober.js';
import { commandOptions, commandProblems } from './options.js';
import { singleProber } from './single.js';

export default defineCheck({
  name: 'command',
  description: 'A program of your own: it passes by exiting with 0, or answers line by line.',
  cost: 'process',
  options: commandOptions,
  validate: commandProblems,
  create: (context, options) =>
    options.persistent ? coProcessProber(context, options) : singleProber(context, options),
});
