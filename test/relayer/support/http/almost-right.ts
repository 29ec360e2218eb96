import { type Random } from "../../../support/fuzz/random.ts";

const REQUESTS: readonly string[] = [
  "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
  "GET /a/b?c=%20d&e=f HTTP/1.1\r\nHost: a.test:8080\r\nAccept: */*\r\nUser-Agent: curl/8\r\n\r\n",
  "POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\n",
  "PUT /x HTTP/1.1\r\nhost: a.test\r\ncontent-length: 12\r\nconnection: close\r\n\r\n",
  "HEAD /h HTTP/1.1\r\nHost:a.test\r\nConnection: keep-alive\r\nCookie: a=b; c=d\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n",
  "DELETE /d HTTP/1.1\r\nHost: \t a.test \t\r\nAuthorization: Basic eDp5\r\nX-Real-IP: 6.6.6.6\r\nEmpty:\r\n\r\n",
];
const ANSWERS: readonly string[] = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: x\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 42\r\n\r\n",
  "HTTP/1.0 200 OK\r\nServer: old\r\n\r\nuntil the end",
  "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 4\r\n\r\nnone",
  "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n",
  'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 10\r\n\r\n',
  "HTTP/1.1 500\r\nContent-Length:2\r\nConnection: Keep-Alive, x\r\n\r\nno",
];
/** What makes two readers disagree. */
const PIECES: readonly string[] = [
  ...Array.from("\r\n\0\t :;,=\"'/?#0159afxAZ\x7f\x80\xff\x0b\x1f"),
  "\r\n",
  "\r\n ",
  "\n\n",
  "\r\n\r\n",
  "Content-Length: 5\r\n",
  "Content-Length: 05\r\n",
  "content-length:7 \r\n",
  "Content-Length: 5, 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: identity\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Host: b.test\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive, x-a\r\n",
  "Upgrade: websocket\r\n",
  "Expect: 100-continue\r\n",
  "Cookie: e=f\r\n",
  "Accept: text/html\r\n",
  "X-A: b\r\n",
  "X-Forwarded-Proto: https\r\n",
  " HTTP/1.1",
  "HTTP/1.0",
  "5\r\n",
  "0\r\n",
];

/** A request's head that is right, or was. */
export function almostRequest(random: Random): string {
  return mutate(random.pick(REQUESTS), random);
}

/** An answer that is right, or was. */
export function almostAnswer(random: Random): string {
  return mutate(random.pick(ANSWERS), random);
}

function mutate(text: string, random: Random): string {
  let result = text;
  for (let left = random.below(4); left > 0; left -= 1) {
    const atLines = [...result.matchAll(/\r\n/g)].map(({ index }) => index + 2);
    const at = random.chance(0.5) && atLines.length > 0 ? random.pick(atLines) : random.below(result.length);
    const removed = random.chance(0.5) ? 0 : 1 + random.below(3);
    const added = random.chance(0.2) ? "" : random.pick(PIECES);
    result = result.slice(0, at) + added + result.slice(at + removed);
  }
  return result;
}
