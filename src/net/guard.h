// Who may talk to the server: the default is this machine only. Pure.
//  * Host must be a name of the listening address (or one the operator allows): DNS rebinding is refused.
//  * Origin, where a browser sends one, must be the page's own (RFC 6454), on HTTP and on WebSocket.
//  * With a token set: `Authorization: Bearer <token>` (RFC 6750); compared in constant time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sotto::net {

struct GuardOptions {
  std::vector<std::string> hosts;  // allowed Host values without port; loopback names are always allowed
  std::string token;               // empty: none needed
  // Every caller proves itself by a secret that no page of another site can know: Host and Origin may be any.
  bool any_origin = false;
};

struct RequestHead {
  std::string_view method, path, host, origin, authorization;
};

// Errors: bad_host, bad_origin (403), unauthorized (401).
Result<void> check_origin(GuardOptions const& options, RequestHead const& head);
Result<void> check_token(GuardOptions const& options, RequestHead const& head);

bool is_loopback(std::string_view address);
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace sotto::net
