#include "net/url.h"

#include <charconv>

#include <boost/url/parse.hpp>
#include <fmt/format.h>

namespace sotto::net {

Result<boost::urls::url_view> parse_url(std::string_view text) {
  auto const parsed = boost::urls::parse_uri(text);
  if (!parsed) return fail("bad_server", "is not an address of the form SCHEME://HOST[:PORT]/PATH");
  auto const begin = text.find("//");
  if (begin == std::string_view::npos) return fail("bad_server", "has no host");
  auto const rest = text.substr(begin + 2);
  auto const authority = rest.substr(0, rest.find_first_of("/?#"));
  auto const understood = parsed->encoded_authority();
  if (authority != std::string_view(understood.data(), understood.size()))
    return fail("bad_server", "has a host that is neither a name nor an address");
  return *parsed;
}

Result<WebOrigin> parse_web_url(std::string_view text) {
  auto const parsed = parse_url(text);
  bool const good = parsed && (parsed->scheme() == "https" || parsed->scheme() == "http") && !parsed->host().empty() &&
                    !parsed->has_userinfo() && !parsed->has_fragment();
  if (!good) return fail("bad_server", "url must be https://HOST/PATH, without a user and a #fragment");
  bool const tls = parsed->scheme() == "https";
  WebOrigin out{.tls = tls, .host = parsed->host_address(), .port = tls ? 443 : 80};
  if (parsed->has_port()) out.port = parsed->port_number();
  if (out.port == 0) return fail("bad_server", "url has no port that can be");
  return out;
}

std::string to_text(WebOrigin const& origin) {
  bool const v6 = origin.host.find(':') != std::string::npos;
  auto const host = v6 ? fmt::format("[{}]", origin.host) : origin.host;
  auto const port = origin.port == (origin.tls ? 443 : 80) ? "" : fmt::format(":{}", origin.port);
  return fmt::format("{}://{}{}", origin.tls ? "https" : "http", host, port);
}

// A segment of nothing but dots would be a step between folders to whoever is between.
static std::string encoded(std::string_view segment) {
  constexpr std::string_view kUnreserved = "-._~";
  bool const dots = segment.find_first_not_of('.') == std::string_view::npos;
  std::string out;
  for (unsigned char const byte : segment) {
    bool const letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
    bool const plain = letter || kUnreserved.find(static_cast<char>(byte)) != std::string_view::npos;
    if (plain && !dots) out += static_cast<char>(byte);
    else out += fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string query_of(std::vector<std::pair<std::string, std::string>> const& parameters) {
  std::string out;
  for (auto const& [name, value] : parameters) out += (out.empty() ? "" : "&") + encoded(name) + "=" + encoded(value);
  return out;
}

Result<std::pair<std::string, int>> parse_listen(std::string_view text) {
  auto const colon = text.rfind(':');
  int port = -1;
  if (colon != std::string_view::npos) {
    auto const digits = text.substr(colon + 1);
    auto const [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (code != std::errc() || end != digits.data() + digits.size()) port = -1;
  }
  if (colon == 0 || port < 0 || port > 65535) {
    return fail("bad_listen", fmt::format("\"{}\" is not HOST:PORT, for instance 127.0.0.1:8700", text));
  }
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return std::pair{std::string(host), port};
}

std::string path_of(std::initializer_list<std::string_view> segments) {
  std::string out;
  for (auto const segment : segments) out += "/" + encoded(segment);
  return out;
}

}  // namespace sotto::net
