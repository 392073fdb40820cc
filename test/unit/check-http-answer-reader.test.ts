// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerReader, type Expectation } from '../../plugins/check-http/answer-reader.js';

interface Read {
  readonly says: string;
  readonly status?: number;
  readonly body?: string;
  readonly reusable?: boolean;
}

const OK = 'HTTP/1.1 200 OK\r\n';

/** Reads the answer byte by byte; `closed`: the member ends its side after it. */
function read(answer: string, expected: Partial<Expectation> = {}, closed = false): Read {
  const reader = new AnswerReader({ method: 'GET', maxBody: 100, reuse: true, ...expected });
  let says = 'more';
  for (const byte of Buffer.from(answer, 'latin1')) {
    says = reader.feed(Uint8Array.of(byte));
    if (says !== 'more') break;
  }
  if (says === 'more' && closed) says = reader.end();
  if (says !== 'answer') return { says };
  const { status, body } = reader.answer;
  return { says, status, body: body.toString('latin1'), reusable: reader.reusable };
}

test('a body ends with its length, its last chunk or the connection', () => {
  const whole = { says: 'answer', status: 200, body: 'well done' };
  assert.deepEqual(read(`${OK}content-length: 9\r\n\r\nwell done`), { ...whole, reusable: true });
  assert.deepEqual(read(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nwell \r\n04\r\ndone\r\n0\r\n\r\n`), {
    ...whole,
    reusable: true,
  });
  assert.deepEqual(read(`${OK}\r\nwell done`), { says: 'more' });
  assert.deepEqual(read(`${OK}\r\nwell done`, {}, true), { ...whole, reusable: false });
  assert.deepEqual(read(`${OK}content-length: 9\r\n\r\nwell`, {}, true), { says: 'odd' });
  assert.deepEqual(read(`${OK}transfer-encoding: chunked\r\n\r\n5\r\nwell \r\n`, {}, true), { says: 'odd' });
});

test('the status is enough where nobody asks for the body or the connection', () => {
  const expected = { maxBody: 0, reuse: false };
  for (const head of ['', 'content-length: 9\r\n', 'transfer-encoding: chunked\r\n', 'x: y\r\n']) {
    assert.equal(read(`${OK}${head}`, expected).says, 'more');
    assert.equal(read(`${OK}${head}\r\n`, expected).status, 200);
  }
  assert.equal(read(`${OK}\r\n`, { maxBody: 0, reuse: true }).says, 'more');
});

test('some answers have no body, whatever their head says', () => {
  const head = 'content-length: 9\r\n\r\n';
  assert.equal(read(`${OK}${head}`, { method: 'HEAD' }).body, '');
  assert.equal(read(`HTTP/1.1 204 No Content\r\n\r\n`).body, '');
  assert.equal(read(`HTTP/1.1 304 Not Modified\r\ncontent-length: 0\r\n\r\n`).body, '');
  assert.equal(read(`HTTP/1.1 204 No Content\r\n${head}`).says, 'odd');
  assert.equal(read(`HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n`).says, 'odd');
});

test('no more of a body is kept than was asked for, nor read than is of use', () => {
  const fresh = { maxBody: 4, reuse: false };
  assert.deepEqual(read(`${OK}content-length: 9\r\n\r\nwell`, fresh).body, 'well');
  assert.deepEqual(read(`${OK}transfer-encoding: chunked\r\n\r\n9\r\nwell`, fresh).body, 'well');
  assert.deepEqual(read(`${OK}\r\nwell`, fresh).body, 'well');
  const kept = { maxBody: 4, reuse: true };
  assert.equal(read(`${OK}content-length: 9\r\n\r\nwell`, kept).says, 'more');
  assert.deepEqual(read(`${OK}content-length: 9\r\n\r\nwell done`, kept), {
    says: 'answer',
    status: 200,
    body: 'well',
    reusable: true,
  });
  const flood = `${OK}content-length: 1000000\r\n\r\n${'x'.repeat(65_536)}`;
  assert.equal(read(flood, kept).says, 'more');
  assert.deepEqual(read(`${flood}x`, kept), { says: 'answer', status: 200, body: 'xxxx', reusable: false });
});

test('interim answers are passed over, but none that nobody asked for', () => {
  const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n';
  const last = `${OK}content-length: 0\r\n\r\n`;
  assert.equal(read(`${hints}HTTP/1.1 102 Processing\r\n\r\n${last}`).status, 200);
  for (const head of ['100 Continue', '101 Switching Protocols', '103 x\r\ncontent-length: 0', '099 x']) {
    assert.equal(read(`HTTP/1.1 ${head}\r\n\r\n${last}`).says, 'odd', head);
  }
  assert.equal(read(`${hints.repeat(400)}${last}`).says, 'odd', 'there is an end to hints');
});

test('who keeps the connection open says so by the rules of its version', () => {
  const reusable = (head: string): boolean | undefined => read(`${head}content-length: 0\r\n\r\n`).reusable;
  assert.equal(reusable(OK), true);
  assert.equal(reusable(`${OK}Connection: keep-alive\r\n`), true);
  assert.equal(reusable(`${OK}Connection: Close\r\n`), false);
  assert.equal(reusable(`${OK}Connection: upgrade\r\nConnection: x ,\tclose \r\n`), false);
  assert.equal(reusable('HTTP/1.0 200 OK\r\n'), false);
  assert.equal(reusable('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n'), true);
});

test('bytes behind the end make a connection unfit for the next request', () => {
  const reader = new AnswerReader({ method: 'GET', maxBody: 0, reuse: true });
  assert.equal(reader.feed(Buffer.from(`${OK}content-length: 1\r\n\r\nxy`)), 'answer');
  assert.equal(reader.reusable, false);
  reader.restart();
  assert.equal(reader.begun, false);
  assert.equal(reader.feed(Buffer.from(`${OK}content-length: 1\r\n\r\nx`)), 'answer');
  assert.equal(reader.reusable, true);
});

test('what is not HTTP/1.x to the letter is odd, as soon as it shows', () => {
  const heads = [
    'S',
    'HTTP/2',
    'HTTP/1.2',
    'h',
    '\r',
    'HTTP/1.1  ',
    'HTTP/1.1 20x',
    'HTTP/1.1 2000',
    'HTTP/1.1 200\r',
    'HTTP/1.1 200 O\n',
    'HTTP/1.1 200 O\0',
    'HTTP/1.1 200 OK\rx',
    'HTTP/1.1 600 Odd\r\n\r\n',
    `${OK} `,
    `${OK}:`,
    `${OK}a `,
    `${OK}a\r`,
    `${OK}ä`,
    `${OK}a: b\n`,
    `${OK}a: b\x7f`,
    `${OK}a: b\r\n `,
    `${OK}a: b\r\n\rx`,
  ];
  for (const head of heads) {
    assert.equal(read(head).says, 'odd', JSON.stringify(head));
    if (head.length > 1) assert.equal(read(head.slice(0, -1)).says, 'more', JSON.stringify(head));
  }
  assert.equal(read(`${OK}x: ${'y'.repeat(20_000)}`).says, 'odd', 'a head has a limit');
});

test('lengths and codings that leave doubt are odd', () => {
  const heads = [
    'content-length:\r\n',
    'content-length: +1\r\n',
    'content-length: 1, 1\r\n',
    'content-length: 0x1\r\n',
    'content-length: 1\xa0\r\n',
    'content-length: 1000000000000000\r\n',
    'content-length: 1\r\nContent-Length: 1\r\n',
    'content-length: 1\r\ntransfer-encoding: chunked\r\n',
    'transfer-encoding: chunked\r\ncontent-length: 1\r\n',
    'transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n',
    'transfer-encoding: gzip, chunked\r\n',
    'transfer-encoding: identity\r\n',
    `connection: ${'x'.repeat(200)}\r\n`,
  ];
  for (const head of heads) assert.equal(read(`${OK}${head}\r\n`).says, 'odd', head);
  assert.equal(read(`HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n`).says, 'odd');
  assert.equal(read(`${OK}CONTENT-LENGTH:\t 1 \t\r\n\r\nx`).body, 'x');
  assert.equal(read(`${OK}content-lengths: x\r\ncontent-lengt: y\r\ncontent-length: 1\r\n\r\nx`).body, 'x');
});

test('chunks that are not to the letter are odd', () => {
  const head = `${OK}transfer-encoding: chunked\r\n\r\n`;
  for (const body of [
    '\r',
    'g',
    '-1',
    '1;a=b',
    '1\n',
    '1\rx',
    '1\r\nxy',
    '1\r\nx\ry',
    '0\r\nx',
    '0\r\n\rx',
  ]) {
    assert.equal(read(`${head}${body}`).says, 'odd', JSON.stringify(body));
  }
  assert.equal(read(`${head}${'0'.repeat(13)}`).says, 'odd');
  assert.equal(read(`${head}A\r\n0123456789\r\n000\r\n\r\n`).body, '0123456789');
});
