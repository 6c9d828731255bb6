#include "net/request_head.h"

#include <algorithm>
#include <cctype>

#include <boost/beast/core/detail/base64.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include "base/utf8.h"

namespace sotto::net {

namespace http = boost::beast::http;

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Result<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    int const high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    int const low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return fail("400", "the address holds a \"%\" without two hexadecimal digits after it");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!is_utf8(out)) return fail("400", "the address is not UTF-8 text");
  return out;
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
  if (target.size() > kTargetMax) return fail("414", "the address is longer than 2048 bytes");
  // The absolute form of proxies (RFC 9112, section 3.2.2): Host is checked as in any other request.
  for (std::string_view const scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    auto const slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  if (!target.starts_with('/')) return fail("400", "the address does not begin with \"/\"");
  auto const mark = target.find('?');
  auto raw = target.substr(0, mark);
  Target out{.query = std::string(mark == std::string_view::npos ? "" : target.substr(mark + 1))};
  auto path = decoded(raw);
  if (!path) return std::unexpected(path.error());
  out.path = std::move(*path);
  raw.remove_prefix(1);
  for (;;) {
    auto const slash = raw.find('/');
    auto segment = decoded(raw.substr(0, slash));
    if (!segment) return std::unexpected(segment.error());
    out.segments.push_back(std::move(*segment));
    if (slash == std::string_view::npos) break;
    raw.remove_prefix(slash + 1);
  }
  return out;
}

static Result<std::string> decoded_parameter(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return decoded(spaced);
}

Result<std::vector<std::pair<std::string, std::string>>> parse_parameters(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    auto const part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    if (part.empty()) continue;
    auto const equals = std::min(part.find('='), part.size());
    auto name = decoded_parameter(part.substr(0, equals));
    auto value = decoded_parameter(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value) return std::unexpected(name ? value.error() : name.error());
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

Result<void> check_framing(http::fields const& fields) {
  auto const hosts = fields.count(http::field::host);
  if (hosts != 1) return fail("400", hosts == 0 ? "the header Host is missing" : "the header Host stands there twice");
  if (fields.count(http::field::content_length) > 1) return fail("400", "the header Content-Length stands there twice");
  if (fields.count(http::field::transfer_encoding) == 0) return {};
  if (fields.count(http::field::content_length) > 0)
    return fail("400", "Content-Length and Transfer-Encoding in one request");
  auto coding = std::string(fields[http::field::transfer_encoding]);
  std::ranges::transform(coding, coding.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (coding != "chunked") return fail("501", "the only transfer coding known here is chunked");
  return {};
}

Result<void> check_key(std::string_view key) {
  namespace base64 = boost::beast::detail::base64;
  bool const shape = key.size() == 24 && key.ends_with("==") &&
                     std::ranges::all_of(key.substr(0, 22),
                                         [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '/'; });
  unsigned char bytes[18];
  if (!shape || base64::decode(bytes, key.data(), key.size()).first != 16)
    return fail("400", "the header Sec-WebSocket-Key is not 16 bytes in base64");
  return {};
}

}  // namespace sotto::net
