// A web site that says of its one page what it is, as sites do, in an old encoding.
import { createServer } from 'node:http';

const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR4nGP4z8DAAMIM/4EAAB/uBfsL2WiLAAAAAElFTkSuQmCC',
  'base64',
);
const PAGE = Buffer.from(
  `<!doctype html><html lang=de><head><title>Punkte</title>
<meta property="og:title" content="Vier Punkte &amp; mehr"><meta property="og:description" content="Für Freunde der Möwen">
<meta property="og:image" content="/dots.png"><meta property="og:site_name" content="Punkte"></head><body>...</body></html>`,
  'latin1',
);

export function pages({ hostname, port }) {
  createServer(({ url }, response) => {
    if (url === '/dots.png') response.writeHead(200, { 'content-type': 'image/png' }).end(PICTURE);
    else response.writeHead(200, { 'content-type': 'text/html; charset=iso-8859-1' }).end(PAGE);
  }).listen(Number(port), hostname);
}
