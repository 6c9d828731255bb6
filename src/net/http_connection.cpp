#include "net/http_connection.h"

#include <algorithm>
#include <set>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/format.h>

#include "base/utf8.h"
#include "net/request_head.h"
#include "net/server_state.h"

namespace sotto::net {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// A head, a body: whoever needs longer drips on purpose.
constexpr auto kPatience = std::chrono::seconds(10);
// Between two requests; proxies keep connections for a minute. Strangers get kPatience.
constexpr auto kIdle = std::chrono::seconds(75);
// An answer that is not read.
constexpr auto kWriting = std::chrono::seconds(30);
// Whoever presents a wrong token waits: guesses of a connection and, with Admission, of everybody are few.
constexpr auto kWrongToken = std::chrono::milliseconds(500);
constexpr std::uint32_t kHeadMax = 16 * 1024;
constexpr std::size_t kBufferMax = 24 * 1024;

auto use(error_code& failed) { return asio::redirect_error(asio::use_awaitable, failed); }

std::string_view field(http::fields const& fields, http::field name) {
  auto const value = fields[name];
  return {value.data(), value.size()};
}

bool is_http_error(error_code const& failed) {
  return failed.category() == http::make_error_code(http::error::bad_method).category();
}

// What a head that cannot be read is answered with; 0: nothing, the peer is gone.
int status_of(error_code const& failed, bool begun) {
  if (failed == beast::error::timeout) return begun ? 408 : 0;
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow) return 431;
  if (failed == http::error::body_limit) return 413;
  if (failed == http::error::end_of_stream || failed == http::error::partial_message) return 0;
  return is_http_error(failed) ? 400 : 0;
}

char const* reason_of(int status) {
  switch (status) {
    case 408: return "the request took longer than 10 s";
    case 413: return "the body is larger than this address takes";
    case 431: return "the headers are longer than 16 KiB";
    default: return "this is no HTTP/1.1 request";
  }
}

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<ServerState> server, tcp::socket socket, std::string peer)
    : server_(std::move(server)), stream_(std::move(socket)), buffer_(kBufferMax), peer_(std::move(peer)) {
  error_code failed;
  stream_.socket().set_option(tcp::no_delay(true), failed);
}

HttpConnection::~HttpConnection() { server_->admission.gone(id_); }

bool HttpConnection::admit() {
  id_ = server_->next_id++;
  return server_->admission.admit(id_, [weak = weak_from_this()] {
    auto const self = weak.lock();
    if (!self) return;
    self->gone_ = true;
    error_code ignored;
    self->stream_.socket().close(ignored);
    if (auto const socket = self->socket_.lock()) socket->drop();
  });
}

asio::awaitable<void> HttpConnection::run() {
  auto const self = shared_from_this();
  error_code failed;
  for (bool first = true; !gone_; first = false) {
    if (!first) server_->admission.rest(id_);
    stream_.expires_after(first || server_->admission.is_stranger(id_) ? kPatience : kIdle);
    if (buffer_.size() == 0) {  // the first bytes of a request; its own time begins with them
      auto const count = co_await stream_.async_read_some(buffer_.prepare(4096), use(failed));
      if (failed) co_return;
      buffer_.commit(count);
    }
    server_->admission.work(id_);
    Parser parser;
    parser.header_limit(kHeadMax);
    parser.body_limit(boost::none);
    stream_.expires_after(kPatience);
    co_await http::async_read_header(stream_, buffer_, parser, use(failed));
    if (failed) {
      auto const status = status_of(failed, true);
      if (status != 0) co_await answer({}, error_response(status, {"bad_request", reason_of(status)}), true);
      break;
    }
    auto judged = judge(parser.get());
    if (!judged) {
      if (judged.error().slow) co_await refuse_slowly();
      if (!co_await answer(parser.get(), std::move(judged.error().response), judged.error().close)) break;
      continue;
    }
    if (judged->upgrades) {
      co_await upgrade(parser.release(), std::move(*judged));
      co_return;
    }
    auto refused = co_await read_body(parser, judged->body_max);
    if (refused != 0) {
      if (refused > 0)
        co_await answer(parser.get(), error_response(refused, {"bad_request", reason_of(refused)}), true);
      break;
    }
    judged->request.body = std::move(parser.get().body());
    stream_.expires_never();
    if (!co_await answer(parser.get(), co_await ask(std::move(judged->request)), false)) break;
  }
  stream_.socket().shutdown(tcp::socket::shutdown_send, failed);
}

// Everything that can be said of a request before its body is read.
std::expected<HttpConnection::Judged, HttpConnection::Refusal> HttpConnection::judge(Head const& head) {
  auto const refuse = [](int status, std::string code, std::string message, bool close = true) {
    return std::unexpected(Refusal{error_response(status, {std::move(code), std::move(message)}), close});
  };
  if (auto const framed = check_framing(head); !framed)
    return refuse(std::stoi(framed.error().code), "bad_request", framed.error().message);
  std::string_view const asked(head.target().data(), head.target().size());
  auto target = parse_target(asked);
  // A page's address that is written wrongly is the page's to explain; a resource's is refused.
  bool const of_page = head.method() == http::verb::get && asked.starts_with('/') && !asked.starts_with("/v1/");
  if (!target && target.error().code == "400" && of_page) target = parse_target("/");
  if (!target) return refuse(std::stoi(target.error().code), "bad_request", target.error().message);
  Judged out{.request = {.method = std::string(head.method_string()),
                         .path = std::move(target->path),
                         .query = std::move(target->query),
                         .body = "",
                         .segments = std::move(target->segments),
                         .caller = {},
                         .peer = peer_}};
  RequestHead const guarded{out.request.method, out.request.path, field(head, http::field::host),
                            field(head, http::field::origin), field(head, http::field::authorization)};
  if (auto const allowed = check_origin(server_->options.guard, guarded); !allowed) {
    server_->log_refusal(allowed.error().code, allowed.error().message, peer_);
    return refuse(403, allowed.error().code, allowed.error().message);
  }
  out.upgrades = websocket::is_upgrade(head);
  auto const route = server_->routes.find(out.request.path);
  if (out.upgrades && route == server_->routes.end())
    return refuse(404, "not_found", "there is no WebSocket at this address");
  std::expected<RouteRule, HttpResponse> const rule =
      out.upgrades ? RouteRule{.needs = route->second.needs} : server_->options.rule(out.request);
  bool const needs_token = !rule || !rule->needs.open();
  auto known = identify(server_->options.guard, guarded);
  if (needs_token && !known) {
    ++server_->counters.unauthorized;
    server_->log_refusal(known.error().code, known.error().message, peer_);
    auto response = error_response(401, known.error());
    response.headers["WWW-Authenticate"] = "Bearer";
    return std::unexpected(Refusal{std::move(response), true, !guarded.authorization.empty()});
  }
  if (needs_token) server_->admission.prove(id_);
  if (!rule) {
    bool const body = head.has_content_length() || head.chunked();
    return std::unexpected(Refusal{rule.error(), body});
  }
  if (known && !rule->needs.allows(*known)) {
    server_->log_refusal("forbidden", "a token without the role for " + out.request.method + " here", peer_);
    return refuse(403, "forbidden", "the token does not carry a role that may do this");
  }
  if (known) out.request.caller = std::move(*known);
  out.body_max = rule->body_max;
  if (!out.upgrades) return out;
  if (auto const key = check_key(field(head, http::field::sec_websocket_key)); !key)
    return refuse(400, "bad_request", key.error().message);
  return out;
}

asio::awaitable<void> HttpConnection::refuse_slowly() {
  error_code ignored;
  asio::steady_timer timer(server_->loop.context(), kWrongToken);
  co_await timer.async_wait(use(ignored));
}

// 0: it is there. Above: the status to refuse with. Below: the peer is gone.
asio::awaitable<int> HttpConnection::read_body(Parser& parser, std::size_t most) {
  parser.body_limit(most);
  if (auto const length = parser.content_length(); length && *length > most) co_return 413;
  error_code failed;
  auto const expected = field(parser.get(), http::field::expect);
  if (!parser.is_done() && beast::iequals(boost::string_view(expected.data(), expected.size()), "100-continue")) {
    http::response<http::empty_body> go_on(http::status::continue_, parser.get().version());
    co_await http::async_write(stream_, go_on, use(failed));
    if (failed) co_return -1;
  }
  if (parser.is_done()) co_return 0;
  stream_.expires_after(kPatience);
  co_await http::async_read(stream_, buffer_, parser, use(failed));
  if (!failed) co_return 0;
  auto const status = status_of(failed, true);
  co_return status == 0 ? -1 : status;
}

asio::awaitable<HttpResponse> HttpConnection::ask(HttpRequest request) {
  auto done = std::make_shared<Signal>(server_->loop.context());
  auto response = std::make_shared<HttpResponse>();
  server_->http(std::move(request), [done, response](HttpResponse given) {
    *response = std::move(given);
    done->raise();
  });
  co_await done->wait();
  co_return std::move(*response);
}

// False: the connection is over.
asio::awaitable<bool> HttpConnection::answer(Head const& head, HttpResponse response, bool close) {
  http::response<http::string_body> reply(static_cast<http::status>(response.status),
                                          head.version() == 0 ? 11 : head.version());
  reply.set(http::field::content_type, response.type);
  reply.set("X-Content-Type-Options", "nosniff");
  reply.set("Referrer-Policy", "no-referrer");
  reply.set("Cross-Origin-Resource-Policy", "same-origin");
  reply.set(http::field::cache_control, "no-store");
  for (auto const& [name, value] : response.headers) reply.set(name, value);
  reply.keep_alive(!close && head.keep_alive());
  reply.body() = std::move(response.body);
  reply.prepare_payload();
  // The same head as for GET, and nothing after it (RFC 9110, section 9.3.2).
  if (head.method() == http::verb::head) reply.body().clear();
  http::response_serializer<http::string_body> writing(reply);
  error_code failed;
  stream_.expires_after(kWriting);
  if (head.method() == http::verb::head) co_await http::async_write_header(stream_, writing, use(failed));
  else co_await http::async_write(stream_, writing, use(failed));
  co_return !failed && reply.keep_alive();
}

asio::awaitable<void> HttpConnection::upgrade(Head head, Judged judged) {
  auto const& route = server_->routes.find(judged.request.path)->second;
  Upgrade upgrade;
  if (route.decide) {
    auto decided = route.decide({.request = std::move(judged.request),
                                 .authorization = std::string(field(head, http::field::authorization)),
                                 .protocols = std::string(field(head, http::field::sec_websocket_protocol))});
    if (!decided) {
      co_await answer(head, std::move(decided.error()), true);
      co_return;
    }
    server_->admission.prove(id_);
    upgrade = std::move(*decided);
  } else {
    upgrade.handler = route.make(judged.request.caller);
  }
  stream_.expires_never();
  auto const socket = std::make_shared<WebSocket>(server_->loop, std::move(stream_), std::move(upgrade.handler), true,
                                                  route.message_max,
                                                  SocketAdmission{.prove =
                                                                      [weak = weak_from_this()] {
                                                                        if (auto const self = weak.lock())
                                                                          self->server_->admission.prove(self->id_);
                                                                      },
                                                                  .budget = server_->options.budget,
                                                                  .rounds = server_->rounds});
  socket_ = socket;
  if (!upgrade.headers.empty()) {
    socket->stream().set_option(
        websocket::stream_base::decorator([headers = std::move(upgrade.headers)](websocket::response_type& response) {
          for (auto const& [name, value] : headers) response.set(name, value);
        }));
  }
  error_code failed;
  co_await socket->stream().async_accept(head, use(failed));
  if (failed) co_return;
  std::erase_if(server_->sockets, [](auto const& weak) { return weak.expired(); });
  server_->sockets.push_back(socket);
  co_await socket->run();
}

}  // namespace sotto::net
