// What a look at a log finds, whatever it keeps the calls in.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ports/call_log.h"

namespace sotto {

// A part without an owner.
struct OpenPart {
  std::string call;
  std::string damaged;  // why its call is to be set aside; empty: it can be read
};

// Events that are not settled; those that are damaged are left out and told in `damaged`.
struct Followed {
  std::vector<Sequenced> events;
  std::map<std::string, std::string> damaged;  // call -> why
};

// A condition on events, empty for every type. Spelled out: an index of some types is used only where they stand in the
// statement.
std::string where_type(std::vector<std::string_view> const& types);

}  // namespace sotto
