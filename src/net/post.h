// One POST over a connection of its own, for receivers that may be slow, dead or hostile.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "net/client.h"

namespace sotto::net {

// "https://HOST[:PORT][/PATH][?QUERY]" or "http://…": the address and the path with its query. Error bad_server, which
// does not repeat the text: paths may be secret.
Result<std::pair<ServerAddress, std::string>> parse_web_url(std::string_view text);
// "HOST", with ":PORT" where it is not the scheme's own (RFC 9110, section 7.2).
std::string host_of(ServerAddress const& address);

struct Post {
  ServerAddress address;  // with tls: the certificate must be for its host
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};
struct PostAnswer {
  int status = 0;
  std::string retry_after;  // the header; empty: none
};
// Is over after `most`, whatever the receiver does. Redirections are answers like others. Error no_answer: why, in
// words that hold nothing of what was sent.
asio::awaitable<Result<PostAnswer>> send(Loop& loop, Post post, Duration most, std::size_t answer_bytes_max);

}  // namespace sotto::net
