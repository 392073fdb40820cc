// SPDX-License-Identifier: MIT
import { describe } from 'node:test';
import http from '../../plugins/check-http/index.js';
import { testCheck } from '../../src/testing.js';
import { needs } from '../needs.js';
import { httpScenarios } from '../support/http-scenarios.js';
import { swept } from '../support/swept.js';

describe('the sweep of the http check', needs('koffi'), () => testCheck(swept(http), httpScenarios));
