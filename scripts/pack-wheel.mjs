// Packs the Python SDK as a wheel beside the SDK's package, so that the server serves both. A wheel is a zip
// file (PEP 427), and this package has no code to compile, so a machine without Python can pack it.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { root } from './parts.mjs';

const folder = path.join(root, 'packages', 'xray-python');
const source = path.join(folder, 'src');

/** @param {string} text of pyproject.toml */
function projectOf(text) {
  const value = (key) => new RegExp(`^${key} = "(.*)"$`, 'm').exec(text)?.[1] ?? '';
  return {
    version: value('version'),
    description: value('description'),
    python: value('requires-python'),
  };
}

function sourceFiles(inside = 'xray_sdk') {
  return fs
    .readdirSync(path.join(source, inside), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = `${inside}/${entry.name}`;
      if (entry.isDirectory()) return entry.name === '__pycache__' ? [] : sourceFiles(name);
      return [{ name, bytes: fs.readFileSync(path.join(source, name)) }];
    });
}

/** @param {{ name: string, bytes: Buffer }[]} files */
function recordOf(files, place) {
  const lines = files.map(({ name, bytes }) => {
    const digest = createHash('sha256').update(bytes).digest('base64url');
    return `${name},sha256=${digest},${bytes.length}`;
  });
  return Buffer.from(`${[...lines, `${place},,`].join('\n')}\n`);
}

/**
 * A zip file with the same bytes for the same files.
 *
 * @param {{ name: string, bytes: Buffer }[]} files
 */
function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const packed = zlib.deflateRawSync(bytes, { level: 9 });
    const header = headerOf(name, bytes, packed);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    // Made by Unix, so that the mode below counts.
    entry.writeUInt16LE(0x0314, 4);
    header.copy(entry, 6, 4, 30);
    entry.writeUInt32LE(0o100644 * 65_536, 38);
    entry.writeUInt32LE(offset, 42);
    directory.push(entry, Buffer.from(name));
    parts.push(header, Buffer.from(name), packed);
    offset += header.length + Buffer.byteLength(name) + packed.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}

function headerOf(name, bytes, packed) {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(0x0800, 6);
  header.writeUInt16LE(8, 8);
  // 1980-01-01, the first date of the format.
  header.writeUInt16LE(0x21, 12);
  header.writeUInt32LE(zlib.crc32(bytes), 14);
  header.writeUInt32LE(packed.length, 18);
  header.writeUInt32LE(bytes.length, 22);
  header.writeUInt16LE(Buffer.byteLength(name), 26);
  return header;
}

const { version, description, python } = projectOf(
  fs.readFileSync(path.join(folder, 'pyproject.toml'), 'utf8'),
);
const info = `xray_sdk-${version}.dist-info`;
const metadata = `Metadata-Version: 2.1
Name: xray-sdk
Version: ${version}
Summary: ${description}
License: MIT
Requires-Python: ${python}
`;
const wheel = `Wheel-Version: 1.0
Generator: x-ray
Root-Is-Purelib: true
Tag: py3-none-any
`;
const files = [
  ...sourceFiles(),
  { name: `${info}/METADATA`, bytes: Buffer.from(metadata) },
  { name: `${info}/WHEEL`, bytes: Buffer.from(wheel) },
  { name: `${info}/licenses/LICENSE`, bytes: fs.readFileSync(path.join(root, 'LICENSE')) },
];
const record = `${info}/RECORD`;
files.push({ name: record, bytes: recordOf(files, record) });
const out = path.join(root, 'packages', 'xray-sdk', 'out');
fs.mkdirSync(out, { recursive: true });
fs.writeFileSync(path.join(out, `xray_sdk-${version}-py3-none-any.whl`), zip(files));
