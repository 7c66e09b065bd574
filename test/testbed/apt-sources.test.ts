import t from 'tap';
import { mainArchives, parseDeb822, parseOneLine } from '../../asterisk/testbed/apt-sources.ts';
import { parseDepends } from '../../asterisk/testbed/apt.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const MAIN = 'http://mirror.example/debian';

await t.test('a deb822 stanza gives its place; comments, disabled and source stanzas do not', async (t) => {
  const text = `# the archive
Types: deb deb-src
# a comment inside
URIs: ${MAIN}
Suites: bookworm
 bookworm-updates
Components: main contrib
Signed-By: ${KEYRING}

Types: deb
URIs: http://off.example
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://src.example
Suites: bookworm
Components: main

Types: deb
URIs: http://inline.example
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----
`;
  t.strictSame(parseDeb822(text), [
    { uri: MAIN, suites: ['bookworm', 'bookworm-updates'], components: ['main', 'contrib'], signedBy: KEYRING },
    { uri: 'http://inline.example', suites: ['bookworm'], components: ['main'], signedBy: null },
  ]);
});

await t.test('a one-line source gives its place, with and without options', async (t) => {
  const text = `deb ${MAIN} bookworm main # ours
deb [arch=amd64 signed-by=${KEYRING}] ${MAIN} bookworm main non-free
# deb http://off.example bookworm main
deb-src ${MAIN} bookworm main`;
  t.strictSame(parseOneLine(text), [
    { uri: MAIN, suites: ['bookworm'], components: ['main'], signedBy: null },
    { uri: MAIN, suites: ['bookworm'], components: ['main', 'non-free'], signedBy: KEYRING },
  ]);
});

await t.test('the main archive comes before a third party of the same suite; security and cdrom never', async (t) => {
  const of = (uri: string, suites: string[], signedBy: string | null = null, components = ['main']) => ({
    uri,
    suites,
    components,
    signedBy,
  });
  const sources = [
    of('https://vendor.example/apt', ['bookworm'], '/usr/share/keyrings/vendor.gpg'),
    of('http://mirror.example/security', ['bookworm-security'], KEYRING),
    of('https://other.example', ['bookworm'], null, ['stable']),
    of('cdrom:[Debian]/', ['bookworm']),
    of(MAIN, ['bookworm']),
    of(MAIN, ['bookworm-updates']),
  ];
  t.strictSame(
    mainArchives(sources, ['bookworm']).map(({ uri }) => uri),
    [MAIN, 'https://vendor.example/apt'],
  );
  const signed = [...sources, of('http://signed.example', ['bookworm'], KEYRING)];
  t.equal(mainArchives(signed, ['bookworm'])[0]?.uri, 'http://signed.example');
});

await t.test('of alternative dependencies the first is taken, of virtual ones none of the providers', async (t) => {
  const edges = parseDepends(`asterisk
  PreDepends: libc6
 |Depends: asterisk-config
  Depends: <asterisk-config-custom>
  Depends: <libjack-0.125>
    libjack0
  Depends: libxml2
libxml2
`);
  t.strictSame(edges.get('asterisk'), ['libc6', 'asterisk-config', '<libjack-0.125>', 'libxml2']);
  t.strictSame(edges.get('libxml2'), []);
});
