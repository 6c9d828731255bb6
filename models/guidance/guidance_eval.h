// What the evaluations of cues share: a room with a tenant's policies, articles and models; names of what was shown.
#pragma once

#include <chrono>
#include <string>

#include "../eval/figures.h"
#include "cli/call_replay.h"

namespace sotto::eval {

// Ends the program where the policies are wrong.
inline std::unique_ptr<app::CallReplayRoom> room(std::filesystem::path const& policies,
                                                 std::filesystem::path const& knowledge) {
  auto made = app::CallReplayRoom::make(policies, knowledge, ".cache");
  if (made) return std::move(*made);
  fmt::print(stderr, "{}\n", made.error().message);
  std::exit(1);
}

// On a Tuesday morning.
inline CallInfo call(std::string id, std::string tenant) {
  CallInfo info{.id = std::move(id), .tenant = std::move(tenant), .tracks = {Track::customer, Track::agent}};
  info.started = Time(std::chrono::sys_days(std::chrono::year(2026) / 12 / 1) + std::chrono::hours(10));
  return info;
}

// 150 words a minute, as CallReplay speaks.
inline std::int64_t spoken_ms(std::string const& text) { return 400 * (1 + std::ranges::count(text, ' ')); }

}  // namespace sotto::eval
