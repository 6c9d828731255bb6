// A call as it looks outside: who is in it, its audio, and what became of that. Part of the events (event_fields.h).
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "base/fields.h"
#include "base/rfc3339.h"
#include "call/call.h"
#include "call/ledger.h"

namespace sotto {

namespace words {
inline constexpr std::array<std::string_view, 2> kSides{"customer", "agent"};
}

template <>
struct Names<Track> {
  static constexpr std::string_view file = "track.json", title = "A party of a call";
  static constexpr auto list = [] {
    std::array<std::pair<std::string_view, Track>, kTrackNames.size()> out;
    for (std::size_t at = 0; at < out.size(); ++at) out[at] = {kTrackNames[at], static_cast<Track>(at)};
    return out;
  }();
};
template <>
struct Names<Coding> {
  static constexpr std::array list{std::pair(std::string_view("mulaw"), Coding::mulaw),
                                   std::pair(std::string_view("alaw"), Coding::alaw),
                                   std::pair(std::string_view("pcm_s16le"), Coding::pcm_s16le)};
};

template <>
struct Fields<TrackCoverage> {
  static constexpr std::string_view title = "What became of the audio of a track";
  static constexpr auto list =
      std::tuple(field("received_ms", &TrackCoverage::received_ms, {.text = "all of it", .least = 0}),
                 field("final_ms", &TrackCoverage::final_ms, {.text = "has words", .least = 0}),
                 field("silence_ms", &TrackCoverage::silence_ms, {.text = "nobody spoke", .least = 0}),
                 field("pause_ms", &TrackCoverage::pause_ms, {.text = "paused: not heard, not stored", .least = 0}),
                 field("gap_ms", &TrackCoverage::gap_ms, {.text = "not heard", .least = 0}),
                 field("pending_ms", &TrackCoverage::pending_ms, {.text = "not decided yet", .least = 0}),
                 field("gaps", &TrackCoverage::gaps, {.text = "how many", .least = 0}),
                 field("heard", &TrackCoverage::heard,
                       {.text = "(final + silence) / (final + silence + gap)", .least = 0, .most = 1}));
};

template <>
struct Fields<AudioFormat> {
  static constexpr std::string_view title = "Audio as a source sends it";
  static constexpr auto list = std::tuple(field("coding", &AudioFormat::coding),
                                          field("rate", &AudioFormat::rate, {.text = "samples a second", .least = 1}));
};

template <>
struct Fields<Party> {
  static constexpr std::string_view title = "Who is on a track";
  static constexpr auto list =
      std::tuple(field("track", &Party::track),
                 field("side", &Party::side, {.text = "whose words they are for the rules", .one_of = words::kSides}),
                 field("name", &Party::name, {.text = "as a page shows it; empty: nobody said"}));
};

template <>
struct Fields<CallInfo> {
  static constexpr std::string_view title = "A call";
  static std::string started_text(CallInfo const& info) { return to_rfc3339(info.started); }
  static constexpr auto list = std::tuple(
      field("call", &CallInfo::id, {.text = "the call's id", .identity = true}), field("tenant", &CallInfo::tenant),
      field("team", &CallInfo::team), field("agent", &CallInfo::agent), field("tracks", &CallInfo::tracks),
      inlined(&CallInfo::format),
      field("speed", &CallInfo::speed, {.text = "audio seconds a second of real time", .least = 0}),
      field("replay", &CallInfo::replay, {.text = "the source can send audio again"}), field("demo", &CallInfo::demo),
      field("metadata", &CallInfo::metadata), Derived<CallInfo>{"started", &started_text, "date-time"},
      field("started_us", &CallInfo::started, {.text = "when it started; microseconds since 1970, the server's clock"}),
      field("mono", &CallInfo::mono,
            {.text = "the one track, customer, carries both parties; absent: false", .left_out = true}),
      field("parties", &CallInfo::parties,
            {.text = "of the tracks those with a name, and all beyond customer and agent", .left_out = true}),
      field("region", &CallInfo::region,
            {.text = "where the server stood that heard it; absent: nobody said", .left_out = true}));
};

}  // namespace sotto
