import protobuf from 'protobufjs';

// Without Long protobufjs gives 64-bit integers as plain numbers. Ours stay inside ±(2^53−1), and a Long per position costs.
protobuf.util.Long = undefined as unknown as typeof protobuf.util.Long;
protobuf.configure();

export const { Reader, Writer, parse } = protobuf;
export type Reader = protobuf.Reader;
export type Writer = protobuf.Writer;
export type Message = protobuf.Message;
export type Type = protobuf.Type;
