// The settings section `bus`: how the processes of a cluster hear of each other's calls. Without `redis` and
// `sentinels` it is in this process alone (docs/scale.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fields_yaml.h"

namespace sotto {

struct BusSettings {
  std::string redis;                   // HOST:PORT, or the path of a socket
  std::vector<std::string> sentinels;  // HOST:PORT each
  std::string master = "mymaster";
  std::string user, password_file;
  std::string password = {};  // read from its file

  bool shared() const { return !redis.empty() || !sentinels.empty(); }
};

template <>
struct Fields<BusSettings> {
  using T = BusSettings;
  static constexpr std::string_view title = "bus";
  static constexpr auto list = std::tuple(
      field("redis", &T::redis, {.text = "HOST:PORT of the Redis that all processes share, or the path of its socket"}),
      field("sentinels", &T::sentinels, {.text = "HOST:PORT of each Sentinel, in place of `redis`"}),
      field("master", &T::master, {.text = "the name that the Sentinels know it by"}),
      field("user", &T::user, {.text = "of its access list; without: the default one"}),
      field("password_file", &T::password_file, {.text = "the file whose first line is its password"}));
  static std::optional<settings::Complaint> check(T const& bus) {
    if (!bus.redis.empty() && !bus.sentinels.empty()) return settings::Complaint{"", "redis or sentinels, not both"};
    return std::nullopt;
  }
};

}  // namespace sotto
