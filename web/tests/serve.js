// A folder on a free port of the loopback interface.

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * Serves `folder`, but for files that `missing` matches, under the path /some/where/. Resolves to its
 * address, the paths that are asked for, and what ends it.
 */
export async function serve(folder, missing = /^$/) {
  const prefix = "/some/where/";
  const requests = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    requests.push(pathname);
    const inside = normalize(decodeURIComponent(pathname)).replace(prefix, "");
    const file = join(folder, inside || "index.html");
    if (!pathname.startsWith(prefix) || !existsSync(file) || !statSync(file).isFile() || missing.test(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      "Content-Length": statSync(file).size,
    });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}${prefix}`,
    requests,
    close: () => server.close(),
  };
}
