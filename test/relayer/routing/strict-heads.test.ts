import { expect } from "chai";
import { readAnswerHead } from "../../../relayer/src/routing/domain/answer-head.ts";
import { readRequestHead } from "../../../relayer/src/routing/domain/request-head.ts";
import { Random } from "../../support/fuzz/random.ts";
import { compareAnswers, compareRequests, readAnswer } from "../support/http/compare-readers.ts";

const REQUESTS = 6_000;
const ANSWERS = 2_000;
const SEED = 1;

describe("the gateway's own reader of HTTP/1.1", () => {
  it("takes what browsers and programs send, and hands on what containers are to get", () => {
    const head = readRequestHead(
      "POST /a?b=c HTTP/1.1\r\nHost: a.test\r\nUser-Agent: x\r\nconnection: Keep-Alive\r\nAccept: a/b\r\n" +
        "X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nKeep-Alive: 5\r\nContent-Length: 3\r\nCookie: a=b\r\n",
    );
    expect(head).to.deep.equal({
      method: "POST",
      target: "/a?b=c",
      host: "a.test",
      accept: "a/b",
      contentLength: 3,
      keepsAlive: true,
      passed: "User-Agent: x\r\nAccept: a/b\r\nContent-Length: 3\r\nCookie: a=b\r\n",
    });
  });

  it("leaves to Node's parser what is ambiguous, malformed or special", () => {
    const lines = [
      ["Content-Length: 1", "Content-Length: 1"],
      ["Content-Length: 1, 1"],
      ["Content-Length: +1"],
      ["Content-Length: 1234567890123456"],
      ["Transfer-Encoding: chunked"],
      ["Host: b.test"],
      ["X-A: b", " c"],
      ["X-A : b"],
      ["X-A: b\rc"],
      ["X-A: b\nc"],
      ["X-A: \0"],
      ["X A: b"],
      [": b"],
      ["no colon"],
      ["Upgrade: websocket"],
      ["Expect: 100-continue"],
      ["TE: trailers"],
      ["Connection: x-a"],
      ["Cookie: a=b", "Cookie: c=d"],
    ];
    for (const more of lines) {
      const text = ["GET / HTTP/1.1", "Host: a.test", ...more, ""].join("\r\n");
      expect(readRequestHead(text), more.join()).to.equal(undefined);
    }
    for (const line of [
      "GET / HTTP/1.0",
      "GET  / HTTP/1.1",
      "GET x HTTP/1.1",
      "get / HTTP/1.1",
      "GET / HTTP/1.1 ",
    ])
      expect(readRequestHead(`${line}\r\nHost: a.test\r\n`), line).to.equal(undefined);
    expect(readRequestHead("GET / HTTP/1.1\r\nAccept: a\r\n")).to.equal(undefined);
  });

  it("refuses answers whose end could be seen in two places", () => {
    const twice = [
      "Content-Length: 1\r\nContent-Length: 1",
      "Transfer-Encoding: chunked\r\nContent-Length: 1",
    ];
    const odd = ["Transfer-Encoding: gzip, chunked", "Content-Length: 1 1", "X-A: b\r\n c", "X-A: b\nc"];
    for (const fields of [...twice, ...odd])
      expect(readAnswerHead(`HTTP/1.1 200 OK\r\n${fields}\r\n`, "GET"), fields).to.equal(undefined);
  });

  it("refuses chunks that are almost right", async () => {
    const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const read = (body: string): ReturnType<typeof readAnswer> =>
      readAnswer(head + body, "GET", new Random(1));
    expect((await read("3\r\nabc\r\n0\r\n\r\n"))?.body).to.equal("abc");
    for (const body of [
      "3\nabc\r\n0\r\n\r\n",
      "3 \r\nabc\r\n0\r\n\r\n",
      "2\r\nabc\r\n0\r\n\r\n",
      "-1\r\n",
      "0\r\n x: y\r\n\r\n",
    ])
      expect(await read(body), JSON.stringify(body)).to.equal(undefined);
    expect(await read("3\r\nabc\r\n0\r\n"), "cut").to.equal(undefined);
  });

  // 100,000 with another seed each time: test/deep.
  it(`takes of ${REQUESTS} requests and ${ANSWERS} answers that are almost right none that Node's parser sees otherwise`, async () => {
    const requests = await compareRequests({ seed: SEED, inputs: REQUESTS });
    expect(requests.faults).to.deep.equal([]);
    expect(requests.accepted).to.be.above(REQUESTS / 5);
    const answers = await compareAnswers({ seed: SEED, inputs: ANSWERS });
    expect(answers.faults).to.deep.equal([]);
    expect(answers.accepted).to.be.above(ANSWERS / 5);
  }).timeout(60_000);
});
