'use strict';
// ari-client asks `request` one thing: does anything answer at this URL? The real package is
// unmaintained and carries CVE-2023-28155, so this stands in its place (package.json, "overrides").
const http = require('node:http');
const https = require('node:https');

module.exports = function request(url, callback) {
  let settled = false;
  const settle = (error, response) => {
    if (settled) return;
    settled = true;
    callback(error, response);
  };
  const get = String(url).startsWith('https:') ? https.get : http.get;
  const probe = get(url, { timeout: 5000 }, (response) => {
    response.resume();
    settle(null, response);
  });
  probe.on('timeout', () => probe.destroy(new Error('no answer within 5 s')));
  probe.on('error', (error) => settle(error));
};
