// Addresses from settings (RFC 3986). Pure.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/url/url_view.hpp>

#include "base/error.h"

namespace sotto::net {

// The parser of Boost.URL 1.81 stops after a host that begins with an address ("127.0.0.1.example.org") and drops the
// rest: what it understood is compared with what stands there. Error bad_server, without the text: paths may be secret.
Result<boost::urls::url_view> parse_url(std::string_view text);

// Where an address of the web leads to, without what may be a secret in it.
struct WebOrigin {
  bool tls = false;
  std::string host;  // an address of IPv6 without its brackets
  int port = 0;
};
// "https://HOST[:PORT][/PATH][?QUERY]" or "http://…", without a user and a #fragment. Error bad_server, without the
// text: paths may be secret.
Result<WebOrigin> parse_web_url(std::string_view text);
// "https://HOST", with ":PORT" where it is not the scheme's own (RFC 9110, section 4.2).
std::string to_text(WebOrigin const& origin);

// Splits "HOST:PORT" ("[::1]:8700", "127.0.0.1:8700"). Error bad_listen.
Result<std::pair<std::string, int>> parse_listen(std::string_view text);

// "/v1/calls/x%2Fy/events" of its segments: every one is percent-encoded by itself, so that an id stays one segment
// whatever it holds (section 2.1).
std::string path_of(std::initializer_list<std::string_view> segments);
// "from=2026-01-31&team=a%20b": what follows a "?" (section 3.4).
std::string query_of(std::vector<std::pair<std::string, std::string>> const& parameters);

}  // namespace sotto::net
