// Who may talk to the server: the default is this machine only. Pure.
//  * Host must be a name of the listening address (or one the operator allows): DNS rebinding is refused.
//  * Origin, where a browser sends one, must be the page's own (RFC 6454), on HTTP and on WebSocket: that of Host, or
//  one
//    the operator allows, for a proxy may send its own Host.
//  Names and ports are compared as RFC 3986, section 6.2 says: any case, the scheme's own port said or not.
//  * With tokens set: `Authorization: Bearer <token>` (RFC 6750); compared in constant time. Each says who its bearer
//  is; without any, whoever comes may do everything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "call/scope.h"

namespace sotto::net {

struct Credential {
  std::string token;
  Principal bearer;
};

struct GuardOptions {
  // Allowed names. As Host with any port; as Origin with the port that stands here, or the scheme's own without one.
  // Loopback names are always allowed as Host.
  std::vector<std::string> hosts;
  std::vector<Credential> credentials;  // without any no token is needed
  // Every caller proves itself by a secret that no page of another site can know: Host and Origin may be any.
  bool any_origin = false;
};

struct RequestHead {
  std::string_view method, path, host, origin, authorization;
};

// Errors: bad_host, bad_origin (403), unauthorized (401).
Result<void> check_origin(GuardOptions const& options, RequestHead const& head);
Result<Principal> identify(GuardOptions const& options, RequestHead const& head);

// Whose token it is; nullptr: nobody's. As long for the first as for the last.
Principal const* bearer_of(std::vector<Credential> const& credentials, std::string_view token);

bool is_loopback(std::string_view address);
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace sotto::net
