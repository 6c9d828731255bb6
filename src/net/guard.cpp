#include "net/guard.h"

#include <algorithm>
#include <cctype>

#include "base/utf8.h"

namespace sotto::net {

bool is_loopback(std::string_view host) {
  // Digits and dots only: "127.0.0.1.example.org" is somebody else's name.
  bool const v4 = host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
  return v4 || host == "localhost" || host == "::1" || host == "[::1]";
}

namespace {

struct Authority {
  std::string host, port;  // lower case; the port as said
};

Authority authority_of(std::string_view text) {
  auto const end_of_host =
      text.starts_with('[') ? std::min(text.find(']'), text.size() - 1) + 1 : std::min(text.find(':'), text.size());
  Authority out{.host = std::string(text.substr(0, end_of_host)), .port = ""};
  if (end_of_host < text.size()) out.port = text.substr(end_of_host + 1);
  std::ranges::transform(out.host, out.host.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (out.host.ends_with('.')) out.host.pop_back();  // a name with its root
  return out;
}

bool same_port(std::string const& a, std::string const& b, std::string_view scheme) {
  std::string const usual = scheme == "https" ? "443" : "80";
  return (a.empty() ? usual : a) == (b.empty() ? usual : b);
}

bool is_allowed_host(GuardOptions const& options, Authority const& host) {
  return is_loopback(host.host) || std::ranges::any_of(options.hosts, [&](std::string const& name) {
           return authority_of(name).host == host.host;
         });
}

}  // namespace

Result<void> check_origin(GuardOptions const& options, RequestHead const& head) {
  if (options.any_origin) return {};
  auto const host = authority_of(head.host);
  if (!is_allowed_host(options, host)) {
    return fail("bad_host",
                "header Host is \"" + one_line(head.host, 100) +
                    "\", which this server does not answer for; the setting allowed_hosts names what it does");
  }
  if (head.origin.empty()) return {};
  auto const mark = head.origin.find("://");
  auto const scheme = mark == std::string_view::npos ? std::string_view() : head.origin.substr(0, mark);
  auto const origin = authority_of(mark == std::string_view::npos ? std::string_view() : head.origin.substr(mark + 3));
  auto const is = [&](Authority const& other) {
    return origin.host == other.host && same_port(origin.port, other.port, scheme);
  };
  bool const web = scheme == "http" || scheme == "https";
  if (web && (is(host) || std::ranges::any_of(options.hosts, [&](auto const& name) { return is(authority_of(name)); })))
    return {};
  return fail(
      "bad_origin",
      "header Origin is \"" + one_line(head.origin, 100) + "\" and Host \"" + one_line(head.host, 100) +
          "\": a page of another origin may not use this server; behind a proxy allowed_hosts names the page's");
}

Result<Principal> identify(GuardOptions const& options, RequestHead const& head) {
  if (!options.bearer_of) return Principal::everyone();
  constexpr std::string_view kBearer = "bearer ";  // in any case (RFC 9110, section 11.1)
  auto const scheme = head.authorization.substr(0, kBearer.size());
  bool const bearer = std::ranges::equal(
      scheme, kBearer, [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
  if (bearer) return options.bearer_of(head.authorization.substr(kBearer.size()));
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
