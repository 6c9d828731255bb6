#include "net/guard.h"

#include <algorithm>

namespace sotto::net {

bool is_loopback(std::string_view host) {
  // Digits and dots only: "127.0.0.1.example.org" is somebody else's name.
  bool const v4 = host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
  return v4 || host == "localhost" || host == "::1" || host == "[::1]";
}

static std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

static bool allowed(GuardOptions const& options, std::string_view host) {
  auto const name = without_port(host);
  return is_loopback(name) || std::ranges::find(options.hosts, name) != options.hosts.end();
}

Result<void> check_origin(GuardOptions const& options, RequestHead const& head) {
  if (options.any_origin) return {};
  if (!allowed(options, head.host)) {
    return fail("bad_host", "this server does not answer for host \"" + std::string(head.host.substr(0, 100)) +
                                "\"; the setting allowed_hosts names those it does");
  }
  if (head.origin.empty()) return {};
  auto const scheme = head.origin.find("://");
  auto const host = scheme == std::string_view::npos ? std::string_view() : head.origin.substr(scheme + 3);
  // The page and the server share one address, port included.
  if (host != head.host) return fail("bad_origin", "a page of another origin may not use this server");
  return {};
}

Result<void> check_token(GuardOptions const& options, RequestHead const& head) {
  if (options.token.empty()) return {};
  constexpr std::string_view kBearer = "Bearer ";
  if (head.authorization.starts_with(kBearer) &&
      equal_constant_time(head.authorization.substr(kBearer.size()), options.token)) {
    return {};
  }
  return fail("unauthorized", "a token is needed: Authorization: Bearer <token>");
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
  }
  return difference == 0;
}

}  // namespace sotto::net
