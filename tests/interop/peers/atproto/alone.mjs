// One server by itself, in the clear on a port of localhost, to be measured:
//   node alone.mjs directory PORT
//   node alone.mjs pds PORT DIRECTORY FOLDER
const [what, port, directory, folder] = process.argv.slice(2);
if (what === 'directory') {
  const server = await import('./directory.mjs');
  await server.directory(Number(port));
} else {
  const { pds } = await import('./pds.mjs');
  await pds({ origin: `http://localhost:${port}`, port: Number(port), directory, folder, domain: 'test' });
}
