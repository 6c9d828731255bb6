// Whose calls somebody may read and steer, and what somebody may do with them.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/fields.h"
#include "call/call.h"

namespace sotto {

// An empty field stands for any: Scope{} is everything, Scope{.tenant = "acme"} all calls of acme.
struct Scope {
  std::string tenant, region, team, agent;

  // Whatever `other` holds is within this one.
  bool covers(Scope const& other) const {
    auto const within = [](std::string const& mine, std::string const& its) { return mine.empty() || mine == its; };
    return within(tenant, other.tenant) && within(region, other.region) && within(team, other.team) &&
           within(agent, other.agent);
  }
  bool operator==(Scope const&) const = default;
};

// Where a call belongs.
inline Scope scope_of(CallInfo const& call) {
  return {.tenant = call.tenant, .region = call.region, .team = call.team, .agent = call.agent};
}

enum class Role : std::uint8_t {
  source,      // streams calls
  agent,       // follows calls and is guided
  supervisor,  // the same, over more calls
  author,      // writes policies and articles
  admin,       // runs the server
  auditor,     // reads what is stored
  metrics,     // scrapes figures
  service,     // another system: reads, follows and steers calls
};

template <>
struct Names<Role> {
  static constexpr std::array<std::pair<std::string_view, Role>, 8> list{{{"source", Role::source},
                                                                          {"agent", Role::agent},
                                                                          {"supervisor", Role::supervisor},
                                                                          {"author", Role::author},
                                                                          {"admin", Role::admin},
                                                                          {"auditor", Role::auditor},
                                                                          {"metrics", Role::metrics},
                                                                          {"service", Role::service}}};
};

// A set of them.
class Roles {
 public:
  constexpr Roles() = default;
  constexpr Roles(std::initializer_list<Role> roles) {
    for (auto const role : roles) add(role);
  }
  static constexpr Roles all() {
    Roles out;
    for (auto const& [name, role] : Names<Role>::list) out.add(role);
    return out;
  }
  constexpr void add(Role role) { bits_ |= bit(role); }
  constexpr bool has(Role role) const { return (bits_ & bit(role)) != 0; }
  constexpr bool shares(Roles const& other) const { return (bits_ & other.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(Roles const&) const = default;

 private:
  static constexpr unsigned bit(Role role) { return 1u << static_cast<unsigned>(role); }
  unsigned bits_ = 0;
};

// Somebody who has shown who they are.
struct Principal {
  std::string name = {};  // of the token; empty: no token was needed
  Scope scope = {};
  Roles roles = {};

  static Principal everyone() { return {.scope = {}, .roles = Roles::all()}; }
};

}  // namespace sotto
