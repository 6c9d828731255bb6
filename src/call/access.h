// The one table of who may do what (docs/access.md). Whatever is reached over the network names the permission that it
// needs when it is declared: what names none does not build.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "call/scope.h"

namespace sotto {

enum class Permission : std::uint8_t {
  none,  // whoever comes, without a token: what holds nobody's words, or proves its bearer in another way (a ticket)
  stream_audio,
  read_calls,
  follow_calls,
  steer_calls,
  be_guided,
  redact_calls,
  erase_calls,
  play_demos,
  read_metrics,
};

// What the access log has of it (ports/access_log.h).
enum class Recorded : std::uint8_t {
  never,
  read,    // before an answer leaves
  change,  // before it is done, and how it ended
};

struct Access {
  Permission permission;
  std::string_view name;
  Roles roles;
  Recorded recorded;
};

inline constexpr std::array kAccess{
    Access{Permission::none, "none", {}, Recorded::never},
    Access{Permission::stream_audio, "stream_audio", {Role::source, Role::service}, Recorded::never},
    Access{Permission::read_calls,
           "read_calls",
           {Role::agent, Role::supervisor, Role::auditor, Role::admin, Role::service},
           Recorded::read},
    Access{Permission::follow_calls,
           "follow_calls",
           {Role::agent, Role::supervisor, Role::auditor, Role::admin, Role::service},
           Recorded::read},
    Access{Permission::steer_calls, "steer_calls", {Role::agent, Role::supervisor, Role::service}, Recorded::change},
    Access{Permission::be_guided, "be_guided", {Role::agent, Role::supervisor}, Recorded::change},
    Access{Permission::redact_calls, "redact_calls", {Role::supervisor, Role::admin}, Recorded::change},
    Access{Permission::erase_calls, "erase_calls", {Role::admin}, Recorded::change},
    Access{Permission::play_demos,
           "play_demos",
           {Role::agent, Role::supervisor, Role::author, Role::admin},
           Recorded::never},
    Access{Permission::read_metrics, "read_metrics", {Role::metrics, Role::admin}, Recorded::never},
};
static_assert(kAccess.size() == static_cast<std::size_t>(Permission::read_metrics) + 1);
static_assert(std::ranges::is_sorted(kAccess, {}, &Access::permission));

constexpr Access const& access_of(Permission permission) { return kAccess[static_cast<std::size_t>(permission)]; }

// A permission that cannot be left out where it is a member.
class Needs {
 public:
  constexpr Needs(Permission permission) : permission_(permission) {}  // NOLINT: reads like one
  constexpr operator Permission() const { return permission_; }        // NOLINT
  constexpr Access const& access() const { return access_of(permission_); }
  // Nobody has to say who they are.
  constexpr bool open() const { return permission_ == Permission::none; }
  constexpr bool allows(Principal const& who) const { return open() || access().roles.shares(who.roles); }

 private:
  Permission permission_;
};

}  // namespace sotto
