// Who may talk to the server: the default is this machine only. Pure.
//  * Host must be a name of the listening address (or one the operator allows): DNS rebinding is refused.
//  * Origin, where a browser sends one, must be the page's own (RFC 6454), on HTTP and on WebSocket: that of Host, or
//  one
//    the operator allows, for a proxy may send its own Host.
//  Names and ports are compared as RFC 3986, section 6.2 says: any case, the scheme's own port said or not.
//  * Where tokens are needed: `Authorization: Bearer <token>` (RFC 6750). Each says who its bearer is.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "call/scope.h"

namespace sotto::net {

// Whose token it is. Error unauthorized, in words for whoever sent it.
using BearerOf = std::function<Result<Principal>(std::string_view token)>;

struct GuardOptions {
  // Allowed names. As Host with any port; as Origin with the port that stands here, or the scheme's own without one.
  // Loopback names are always allowed as Host.
  std::vector<std::string> hosts;
  BearerOf bearer_of;  // without it no token is needed: whoever comes may do everything
  // Every caller proves itself by a secret that no page of another site can know: Host and Origin may be any.
  bool any_origin = false;
};

struct RequestHead {
  std::string_view method, path, host, origin, authorization;
};

// Errors: bad_host, bad_origin (403), unauthorized (401).
Result<void> check_origin(GuardOptions const& options, RequestHead const& head);
Result<Principal> identify(GuardOptions const& options, RequestHead const& head);

bool is_loopback(std::string_view address);
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace sotto::net
