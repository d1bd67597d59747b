/**
 * The definition of the frames for all three encodings: the case of `frame` is the JSON member `kind`, all other names
 * and meanings are the same. A test keeps it equal to frames.proto and to the copy in docs/protocol.md.
 */
export const FRAMES_PROTO = `syntax = "proto3";
package sluice.v1;
option go_package = "sluice/v1;sluicev1";

message Frame {
  oneof frame {
    Subscribe subscribe = 1;
    Ack ack = 2;
    Reject reject = 3;
    Unsubscribe unsubscribe = 4;
    Publish publish = 5;
    Welcome welcome = 16;
    Heartbeat heartbeat = 17;
    Subscribed subscribed = 18;
    Events events = 19;
    Acked acked = 20;
    CaughtUp caught_up = 21;
    Ended ended = 22;
    Published published = 23;
    Error error = 24;
  }
}

message Subscribe {
  string ref = 1;
  string grant = 2;
  optional string cursor = 3;
  optional From from = 4;
  optional uint32 credit = 5;
  optional string narrow = 6; // JSON text of the row filter
}
message From {
  oneof from {
    string named = 1; // cursor, earliest, latest
    After after = 2;
    string time = 3; // RFC 3339
  }
}
message After {
  uint64 position = 1;
  optional string log = 2;
}
message Ack {
  uint64 channel = 1;
  uint64 position = 2;
}
message Reject {
  uint64 channel = 1;
  uint64 position = 2;
  string reason = 3;
}
message Unsubscribe {
  uint64 channel = 1;
}
message Publish {
  string ref = 1;
  repeated SourceEvent events = 2;
  optional bool atomic = 3;
}
message SourceEvent {
  string specversion = 1;
  string id = 2;
  optional string source = 3;
  string type = 4;
  optional string subject = 5;
  optional string time = 6;
  string op = 7;
  optional bytes data = 8; // message of the entry's event.proto
  optional bytes previous = 9; // the same message, filterable items only
  optional string sourceposition = 10;
  optional string sourceepoch = 11;
  optional string snapshotid = 12;
  optional uint64 corrects = 13;
  optional string traceparent = 14;
  optional string tracestate = 15;
}

message Welcome {
  string session = 1;
  uint32 heartbeatMs = 2;
  Limits limits = 3;
}
message Limits {
  uint32 maxFrameBytes = 1;
  uint32 maxEventBytes = 2;
  uint32 maxSubscriptions = 3;
  uint32 maxCredit = 4;
  uint32 maxPublishEvents = 5;
}
message Heartbeat {}
message Subscribed {
  string ref = 1;
  uint64 channel = 2;
  string grant = 3;
  string entry = 4;
  uint32 version = 5;
  repeated Item items = 6;
  string log = 7;
  uint64 position = 8;
}
message Item {
  string name = 1;
  uint32 number = 2;
  string type = 3;
  optional bool list = 4;
}
message Events {
  uint64 channel = 1;
  uint64 through = 2;
  repeated Event events = 3;
}
message Event {
  string id = 1;
  uint64 position = 2;
  string type = 3;
  optional string subject = 4;
  string time = 5;
  string op = 6;
  optional bytes data = 7; // message of the grant's event.proto
  optional string snapshotid = 8;
  optional uint64 corrects = 9;
}
message Acked {
  uint64 channel = 1;
  uint64 position = 2;
}
message CaughtUp {
  uint64 channel = 1;
  uint64 position = 2;
}
message Ended {
  uint64 channel = 1;
  string code = 2;
  uint64 lastPosition = 3;
  string reason = 4;
  optional uint64 earliest = 5;
}
message Published {
  string ref = 1;
  repeated Result results = 2;
}
message Result {
  optional string id = 1;
  optional uint64 position = 2;
  optional bool duplicate = 3;
  optional string problem = 4; // JSON text of the problem document
}
message Error {
  optional string ref = 1;
  string code = 2;
  string message = 3;
  optional uint64 channel = 4;
  optional uint64 earliest = 5;
}
`;
