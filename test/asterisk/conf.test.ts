import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';

const FOLDER = new URL('../../asterisk/conf/', import.meta.url);
const FILES = new Map(
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.conf'))
    .map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')]),
);

/** Values of a key in a snippet, comments left out. */
function valuesOf(file: string, key: string): string[] {
  return [...(FILES.get(file) ?? '').matchAll(new RegExp(`^${key} *=[ >]*(.*)$`, 'gm'))].map(([, value = '']) => value);
}

void t.test('no snippet ships a secret: each is a place to fill in', (t) => {
  let found = 0;
  for (const [file, text] of FILES) {
    for (const [line, value] of text.matchAll(/^(?:[a-z_]*secret|password) *= *(.*)$/gm)) {
      t.match(value, /^\{\{\w+_secret\}\}$/, `${file}: ${line}`);
      found += 1;
    }
  }
  t.equal(found, 4);
  t.end();
});

void t.test('HTTP and AMI are bound to loopback, and AMI has no right to act', (t) => {
  t.strictSame(valuesOf('http_obzvon.conf', 'bindaddr'), ['127.0.0.1']);
  t.strictSame(valuesOf('http_obzvon.conf', 'enable_static'), ['no']);
  t.strictSame(valuesOf('manager_obzvon.conf', 'bindaddr'), ['127.0.0.1']);
  t.strictSame(valuesOf('manager_obzvon.conf', 'webenabled'), ['no']);
  t.strictSame(valuesOf('manager_obzvon.conf', 'write'), ['']);
  t.strictSame(valuesOf('manager_obzvon.conf', 'read'), ['call,system']);
  t.strictSame(valuesOf('manager_obzvon.conf', 'deny'), ['0.0.0.0/0.0.0.0']);
  t.strictSame(valuesOf('manager_obzvon.conf', 'permit'), ['127.0.0.1/255.255.255.255']);
  t.strictSame(valuesOf('ari_obzvon.conf', 'read_only'), ['no', 'yes']);
  t.end();
});

void t.test('no module is loaded that runs programs, reads files or evaluates text for the dialplan', (t) => {
  const dangerous = /(?:app_system|func_shell|func_env|func_db|func_realtime|func_curl|res_agi|app_db|func_eval)\.so/;
  t.notMatch(FILES.get('modules_obzvon.conf') ?? dangerous.source, dangerous);
  t.end();
});
