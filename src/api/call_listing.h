// What GET /v1/calls is asked for, and its pages. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "base/error.h"
#include "call/scope.h"
#include "ports/call_index.h"

namespace sotto::app {

// One page of the list.
struct CallPage {
  CallFilter filter;     // its limit is one more than a page holds: whether another follows
  std::size_t size = 0;  // calls a page holds
  bool none = false;     // whose calls are asked for, the caller may not see: the page is empty
};
// `query`: tenant, team, agent, state (live | ended), from, before (RFC 3339), limit (1 .. 500) and cursor, each at
// most once; what is empty is any. Error bad_query, which names the parameter.
Result<CallPage> asked_page(std::string_view query, Scope const& caller);
// `live`: how long calls have run that are followed here, milliseconds.
boost::json::object page_json(CallPage const& page, std::vector<CallSummary> const& calls,
                              std::map<std::string, std::int64_t> const& live);

}  // namespace sotto::app
