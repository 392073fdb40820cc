// SPDX-License-Identifier: MIT
import http from '../../plugins/check-http/index.js';
import { testCheck } from '../../src/testing.js';
import { httpScenarios } from '../support/http-scenarios.js';

testCheck(http, httpScenarios);
