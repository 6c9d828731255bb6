// What a request line and its headers must be before anything else is asked (RFC 9112, RFC 9110, RFC 6455). Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/beast/http/fields.hpp>

#include "base/error.h"

namespace sotto::net {

inline constexpr std::size_t kTargetMax = 2048;  // bytes of a request target

// A target taken apart. `path` and `segments` are percent-decoded (RFC 3986, section 2.1), each segment by itself, so
// that an id may hold a slash.
struct Target {
  std::string path, query;
  std::vector<std::string> segments;
};

// Error codes are statuses: "400" (malformed), "414" (too long).
Result<Target> parse_target(std::string_view target);

// The query of a target, its names and values percent-decoded, "+" as a space; in order. Error "400".
Result<std::vector<std::pair<std::string, std::string>>> parse_parameters(std::string_view query);

// The framing: one Host, one length, a coding we know. Errors "400", "501".
Result<void> check_framing(boost::beast::http::fields const& fields);
// Of a WebSocket's upgrade: a key of 16 bytes (RFC 6455, section 4.2.1). Error "400".
Result<void> check_key(std::string_view key);

}  // namespace sotto::net
