// The parties of a call. A track is one party's audio: its place in the call's list of parties. Its name is part of the
// wire contract. The first two are the customer and the agent; a conference has more (an interpreter, a colleague),
// each of whom stands on the side of one of these two.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"

namespace sotto {

enum class Track : std::uint8_t { customer = 0, agent = 1, third = 2, fourth = 3, fifth = 4, sixth = 5 };

inline constexpr std::array<std::string_view, limits::kTracksMax> kTrackNames{"customer", "agent",  "party3",
                                                                              "party4",   "party5", "party6"};

inline std::size_t index(Track track) { return static_cast<std::size_t>(track); }

inline std::string_view name(Track track) { return kTrackNames[index(track)]; }

inline std::optional<Track> parse_track(std::string_view text) {
  auto const found = std::ranges::find(kTrackNames, text);
  if (found == kTrackNames.end()) return std::nullopt;
  return static_cast<Track>(found - kTrackNames.begin());
}

// The customer's or the agent's: what rules listen to.
inline bool is_side(Track track) { return track == Track::customer || track == Track::agent; }

// A state for each track of a call.
template <typename State>
using PerTrack = std::array<State, limits::kTracksMax>;

struct Party {
  Track track = Track::customer;
  Track side = Track::customer;
  std::string name;  // as pages show it; empty: nobody said

  bool operator==(Party const&) const = default;
};

}  // namespace sotto
