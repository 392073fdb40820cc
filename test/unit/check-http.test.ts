// SPDX-License-Identifier: MIT
import http from '../../plugins/check-http/index.js';
import { testHttp } from '../support/http-behaviour.js';

testHttp(http);
