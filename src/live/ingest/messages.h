// Stage 1, ingest: the wire of /v1/ingest (docs/ingest.md). Pure codec: bytes and `now` in, messages out.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/error.h"
#include "call/call.h"

namespace sotto::ingest {

// Samples a second that a source may have.
bool is_rate(int rate);

// What a source says. `call.started` is filled in by whoever accepts the call.
struct Start {
  CallInfo call;
  std::string resume;  // token of an earlier `started`; empty for a new call
};
struct Pause {
  std::int64_t sample = 0;
};
struct Resume {
  std::int64_t sample = 0;
};
// The call was transferred: who speaks for us from here.
struct Transfer {
  std::string agent, team;
};
// Names and products that have come up.
struct Expect {
  std::vector<std::string> terms;
};
struct End {};

using Control = std::variant<Start, Pause, Resume, Transfer, Expect, End>;

// Terms that a call is told to expect, from the field `terms` of a message. Errors missing_field, bad_field.
Result<std::vector<std::string>> terms_of(boost::json::object const& message);

// Errors: bad_json, unknown_type, missing_field, bad_field (the message names the field), bad_rate, bad_coding,
// too_big.
Result<Control> decode_control(std::string_view text);

// A binary packet: u8 version = 1, u8 index into start.tracks, u16 = 0, u64 first sample, samples. Little endian.
// Errors: bad_packet (the message says what is wrong), unknown_track, too_big.
Result<AudioPacket> decode_packet(std::span<std::uint8_t const> bytes, CallInfo const& call, Time now);
std::vector<std::uint8_t> encode_packet(std::size_t track_index, std::int64_t first_sample,
                                        std::span<std::uint8_t const> samples);

// What Sotto says to a source.
struct TrackProgress {
  Track track = Track::customer;
  std::int64_t received = 0;   // contiguous end of what was received
  std::int64_t committed = 0;  // end of the stored decided prefix: the source may forget what is below
};
std::string encode_start(Start const& start);
std::string encode_control(std::string_view type, std::int64_t sample);  // "pause", "resume"
std::string encode_transfer(Transfer const& transfer);
// `rules`: how many are in force for the call's tenant, team and agent.
std::string encode_started(CallInfo const& call, std::string_view resume_token,
                           std::vector<TrackProgress> const& tracks, std::size_t rules);
std::string encode_ack(std::vector<TrackProgress> const& tracks);
std::string encode_notice(std::string_view type,
                          std::int64_t sample);  // "paused", "resumed": a pause not asked by the source
std::string encode_ended(EndReason reason);
std::string encode_error(Error const& error, bool fatal);

}  // namespace sotto::ingest
