// The two parties of a call. A track is one party's audio; its name is part of the wire contract.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sotto {

enum class Track : std::uint8_t { customer = 0, agent = 1 };

inline constexpr Track kTracks[] = {Track::customer, Track::agent};

inline std::string_view name(Track track) { return track == Track::customer ? "customer" : "agent"; }

inline std::optional<Track> parse_track(std::string_view text) {
  if (text == "customer") return Track::customer;
  if (text == "agent") return Track::agent;
  return std::nullopt;
}

inline std::size_t index(Track track) { return static_cast<std::size_t>(track); }

}  // namespace sotto
