export interface Sample {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

const hello = `# The smallest deployment: one web page for an hour, on a community machine.
version: "1.0"

services:
  web:
    image: fizz/hello:1.0.0
    pull_policy: IfNotPresent
    env:
      - GREETING=Hello from Fizz
    expose:
      - port: 8080
        proto: tcp
        to:
          - global: true

profiles:
  name: hello
  mode: fizz
  duration: 1h
  compute:
    web:
      resources:
        cpu:
          units: 0.5
        memory:
          size: 128Mi
        storage:
          size: 1Gi
  placement:
    anywhere:
      pricing:
        web:
          token: ETH
          amount: 0.0005

deployment:
  web:
    anywhere:
      profile: web
      count: 1
`;

const pair = `# A web service that keeps its data in a cache only it can reach.
version: "1.0"

services:
  api:
    image: docker.io/library/nginx:1.29.3
    expose:
      - port: 8080
        to:
          - global: true
    dependencies:
      - service: cache
  cache:
    image: docker.io/library/redis:8.2.2
    args: ["--save", "", "--maxmemory", "200mb"]
    expose:
      - port: 6379
        to:
          - service: api

profiles:
  name: api-with-cache
  mode: fizz
  duration: 6h
  compute:
    api:
      resources:
        cpu:
          units: 1
        memory:
          size: 512Mi
        storage:
          size: 1Gi
    cache:
      resources:
        cpu:
          units: 0.25
        memory:
          size: 256Mi
        storage:
          size: 1Gi
  placement:
    anywhere:
      pricing:
        api:
          token: ETH
          amount: 0.001
        cache:
          token: ETH
          amount: 0.0005

deployment:
  api:
    anywhere:
      profile: api
      count: 1
  cache:
    anywhere:
      profile: cache
      count: 1
`;

const peers = `# Three peers that listen on the port that the public sees, and announce it themselves.
version: "1.0"

services:
  peer:
    image: docker.io/ipfs/kubo:v0.38.1
    expose:
      - port: 4001
        use_public_port: true
        to:
          - global: true

profiles:
  name: peers
  mode: fizz
  duration: 1d
  compute:
    peer:
      resources:
        cpu:
          units: 0.5
        memory:
          size: 1Gi
        storage:
          size: 4Gi
  placement:
    europe:
      attributes:
        region: germany;france
      pricing:
        peer:
          token: ETH
          amount: 0.002

deployment:
  peer:
    europe:
      profile: peer
      count: 3
`;

/** Manifests to start from. */
export const samples: readonly Sample[] = [
  { id: "hello", title: "Hello, one web page", text: hello },
  { id: "pair", title: "Two services, one private", text: pair },
  { id: "peers", title: "Three peers with public ports", text: peers },
];

/** What the editor holds at the first visit. */
export const FIRST_SAMPLE: string = hello;
