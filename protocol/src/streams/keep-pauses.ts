import { type yamux } from "@libp2p/yamux";
import { type YamuxStream } from "@libp2p/yamux/stream";

/** What `yamux` of @libp2p/yamux makes. */
export type CreateMuxers = ReturnType<typeof yamux>;

/**
 * yamux whose streams stay paused. A libp2p stream that goes on hands out what it has kept, and tells its muxer after
 * that: where who gets it pauses again, the muxer forgot it, and what came piled up until the stream was reset.
 *
 * @param create What a host would be given.
 */
export function keepPauses(create: CreateMuxers): CreateMuxers {
  return eachStream(create, (stream) => {
    const sendResume = stream.sendResume.bind(stream);
    return Object.assign(stream, {
      sendResume: () => {
        if (stream.readStatus !== "paused") sendResume();
      },
    });
  });
}

/** Changes each stream of each muxer before anybody has it. */
export function eachStream(create: CreateMuxers, change: (stream: YamuxStream) => YamuxStream): CreateMuxers {
  return () => {
    const factory = create();
    const createStreamMuxer = factory.createStreamMuxer.bind(factory);
    return Object.assign(factory, {
      createStreamMuxer: (...args: Parameters<typeof createStreamMuxer>) => {
        const muxer = createStreamMuxer(...args);
        const onCreateStream = muxer.onCreateStream.bind(muxer);
        const onRemoteStream = muxer.onRemoteStream.bind(muxer);
        return Object.assign(muxer, {
          onCreateStream: () => change(onCreateStream()),
          onRemoteStream: (stream: YamuxStream) => {
            onRemoteStream(change(stream));
          },
        });
      },
    });
  };
}
