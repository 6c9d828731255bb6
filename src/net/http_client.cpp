#include "net/http_client.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <openssl/x509.h>

#include "net/curl_multi.h"
#include "net/guard.h"
#include "net/url.h"

namespace sotto::net {

namespace {

template <typename T>
T get(CURL* easy, CURLINFO which) {
  T value{};
  curl_easy_getinfo(easy, which, &value);
  return value;
}

long milliseconds(Duration duration) {
  auto const whole = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return static_cast<long>(std::clamp<std::int64_t>(whole, 1, std::numeric_limits<std::int32_t>::max()));
}

// Not inherited by what is started meanwhile.
curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// RFC 9110, sections 5.5 and 5.6.2: what would end a line or a name begins another header.
bool is_header(std::string const& name, std::string const& value) {
  auto const control = [](unsigned char byte) { return (byte < ' ' && byte != '\t') || byte == 0x7f; };
  auto const no_token = [&](unsigned char byte) {
    return control(byte) || std::strchr(" \t:;,\"()<>@[]{}?=/\\", byte);
  };
  return !name.empty() && std::ranges::none_of(name, no_token) && std::ranges::none_of(value, control);
}

// One request, from its options to its end.
class Transfer {
 public:
  Transfer(Loop& loop, std::shared_ptr<CurlMulti> multi)
      : multi_(std::move(multi)), easy_(curl_easy_init()), ended_(loop.context()), silence_(loop.context()) {
    set_common();
  }
  ~Transfer() {
    multi_->remove(easy_);
    curl_slist_free_all(lines_);
    curl_easy_cleanup(easy_);
  }
  Transfer(Transfer const&) = delete;
  Transfer& operator=(Transfer const&) = delete;

  void set_target(std::string const& url, std::string const& host) {
    set(CURLOPT_URL, url.c_str());
    if (is_loopback(host)) set(CURLOPT_PROXY, "");
  }
  void set_deadlines(ClientLimits const& limits);
  void set_request(ClientRequest const& request);
  void set_answer(std::size_t body_bytes, OnPiece piece);
  void set_trust(std::string const& authorities);
  void set_socket_only() {
    set(CURLOPT_CONNECT_ONLY, 1L);
    set(CURLOPT_PROXY, "");
  }

  // Until it has ended, by itself or by a deadline.
  asio::awaitable<CURLcode> run();
  Result<ClientAnswer> take(CURLcode result);
  // What it says of its end.
  Error why(CURLcode result);
  CURL* easy() { return easy_; }

 private:
  template <typename T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(easy_, option, value);
  }
  void set_common();
  void add_header(std::string const& line) { lines_ = curl_slist_append(lines_, line.c_str()); }
  static std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* self);
  static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* self);
  bool on_body(std::string_view piece);
  void wait_for_more();
  bool sent() { return get<curl_off_t>(easy_, CURLINFO_PRETRANSFER_TIME_T) != 0; }
  std::string too_late();

  std::shared_ptr<CurlMulti> const multi_;
  CURL* const easy_;
  Signal ended_;
  CURLcode result_ = CURLE_OK;
  curl_slist* lines_ = nullptr;
  char said_[CURL_ERROR_SIZE] = "";
  ClientAnswer answer_;
  bool head_ = false;  // all of it is there
  bool enough_ = false;
  Duration idle_{};
  asio::steady_timer silence_;
  std::shared_ptr<void> const alive_ = std::make_shared<char>();  // its timer may end after it
  std::size_t body_bytes_ = 0, body_bytes_max_ = 0;
  OnPiece piece_;
};

void Transfer::set_common() {
  set(CURLOPT_NOSIGNAL, 1L);
  // A name server that does not answer keeps a thread of its own for a while, never us.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(CURLOPT_ERRORBUFFER, said_);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_USERAGENT, "sotto");
  // Version 7.88 is the first one over a new HTTP/2, which took until 8.2 to mature.
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
}

void Transfer::set_deadlines(ClientLimits const& limits) {
  set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(std::min(limits.connect, limits.whole)));
  set(CURLOPT_TIMEOUT_MS, milliseconds(limits.whole));
  idle_ = limits.idle;
}

void Transfer::set_request(ClientRequest const& request) {
  bool const has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  if (has_body) {
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  // What libcurl would add by itself.
  for (auto const* none : {"Accept:", "Expect:", "Content-Type:"}) add_header(none);
  for (auto const& [name, value] : request.headers) add_header(value.empty() ? name + ";" : name + ": " + value);
  set(CURLOPT_HTTPHEADER, lines_);
}

void Transfer::set_answer(std::size_t body_bytes, OnPiece piece) {
  body_bytes_max_ = body_bytes;
  piece_ = std::move(piece);
  set(CURLOPT_HEADERFUNCTION, static_cast<curl_write_callback>(on_header));
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, static_cast<curl_write_callback>(on_body));
  set(CURLOPT_WRITEDATA, this);
}

void Transfer::set_trust(std::string const& authorities) {
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // With a directory beside it the file would not be instead of the system's, nor read once for all.
  set(CURLOPT_CAPATH, static_cast<char const*>(nullptr));
  auto const* system = std::getenv(X509_get_default_cert_file_env());
  if (!authorities.empty()) set(CURLOPT_CAINFO, authorities.c_str());
  else if (system) set(CURLOPT_CAINFO, system);
}

asio::awaitable<CURLcode> Transfer::run() {
  bool const begun = multi_->add(easy_, [this](CURLcode result) {
    result_ = result;
    ended_.raise();
  });
  if (!begun) co_return CURLE_OUT_OF_MEMORY;
  wait_for_more();
  co_await ended_.wait();
  co_return result_;
}

// libcurl's own measure of a transfer too slow is an average over 5 s.
void Transfer::wait_for_more() {
  if (idle_ <= Duration(0)) return;
  silence_.expires_after(idle_);
  silence_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code cancelled) {
    if (cancelled || alive.expired()) return;
    result_ = CURLE_OPERATION_TIMEDOUT;
    ended_.raise();
  });
}

std::size_t Transfer::on_header(char* bytes, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.wait_for_more();
  std::string_view line(bytes, size);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // of the answer, or of one that only says that it comes (1xx)
    transfer.answer_.headers.clear();
  } else if (line.empty()) {
    transfer.answer_.status = static_cast<int>(get<long>(transfer.easy_, CURLINFO_RESPONSE_CODE));
    transfer.head_ = transfer.answer_.status >= 200;
  } else if (auto const colon = line.find(':'); colon != std::string_view::npos && !transfer.head_) {
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; });
    auto value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    transfer.answer_.headers.emplace_back(std::move(name), value);
  }
  return size;
}

std::size_t Transfer::on_body(char* bytes, std::size_t, std::size_t size, void* self) {
  return static_cast<Transfer*>(self)->on_body({bytes, size}) ? size : 0;
}

bool Transfer::on_body(std::string_view piece) {
  wait_for_more();
  body_bytes_ += piece.size();
  if (body_bytes_ > body_bytes_max_) return false;
  if (!piece_) answer_.body += piece;
  else enough_ = !piece_(answer_, piece);
  return !enough_;
}

Result<ClientAnswer> Transfer::take(CURLcode result) {
  if (result == CURLE_OK || enough_) return std::move(answer_);
  if (!head_) return std::unexpected(why(result));
  answer_.broken_off = result == CURLE_WRITE_ERROR ? fmt::format("the answer is longer than {} bytes", body_bytes_max_)
                                                   : why(result).message;
  return std::move(answer_);
}

std::string Transfer::too_late() {
  if (head_) return "the rest of the answer took too long";
  if (sent()) return "waiting for the answer took too long";
  if (get<curl_off_t>(easy_, CURLINFO_NAMELOOKUP_TIME_T) == 0) return "looking up the name took too long";
  return get<curl_off_t>(easy_, CURLINFO_CONNECT_TIME_T) == 0 ? "connecting took too long" : "TLS took too long";
}

Error Transfer::why(CURLcode result) {
  std::string code = sent() ? "no_answer" : "no_connection";
  auto const number = get<long>(easy_, CURLINFO_OS_ERRNO);
  switch (result) {
    case CURLE_OPERATION_TIMEDOUT: return {code, too_late()};
    case CURLE_COULDNT_RESOLVE_HOST: return {code, "no address: the name is not known"};
    case CURLE_COULDNT_RESOLVE_PROXY: return {code, "no address: the proxy's name is not known"};
    case CURLE_COULDNT_CONNECT:
      return {code, fmt::format("connecting: {}", number != 0 ? std::strerror(static_cast<int>(number)) : "no way")};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return {code, fmt::format("TLS: {}", *said_ ? said_ : curl_easy_strerror(result))};
    default: break;
  }
  if (auto const status = get<long>(easy_, CURLINFO_HTTP_CONNECTCODE); status >= 300)
    return {"no_connection", fmt::format("the proxy answered {}", status)};
  return {code, fmt::format("{}: {}", sent() ? "waiting for the answer" : "connecting", curl_easy_strerror(result))};
}

}  // namespace

std::string_view ClientAnswer::header(std::string_view name) const {
  auto const found = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
  return found == headers.end() ? std::string_view() : found->second;
}

HttpClient::HttpClient(Loop& loop) : loop_(loop), multi_(std::make_shared<CurlMulti>(loop)) {}

HttpClient::~HttpClient() = default;

asio::awaitable<Result<ClientAnswer>> HttpClient::send(ClientRequest request, ClientLimits limits, OnPiece piece) {
  auto const origin = parse_web_url(request.url);
  if (!origin) co_return fail("bad_request", origin.error().message);
  for (auto const& [name, value] : request.headers) {
    if (!is_header(name, value)) co_return fail("bad_request", "a header that is none");
  }
  if (!is_header(request.method, "")) co_return fail("bad_request", "a method that is none");
  Transfer transfer(loop_, multi_);
  transfer.set_target(request.url, origin->host);
  transfer.set_deadlines(limits);
  transfer.set_request(request);
  transfer.set_answer(limits.body_bytes, std::move(piece));
  if (origin->tls) transfer.set_trust(request.authorities);
  auto const result = co_await transfer.run();
  co_return transfer.take(result);
}

asio::awaitable<Result<asio::ip::tcp::socket>> HttpClient::connect(std::string host, int port, Duration most) {
  auto const url = to_text({.tls = false, .host = host, .port = port});
  if (!parse_web_url(url)) co_return fail("bad_request", "an address that is none");
  Transfer transfer(loop_, multi_);
  transfer.set_target(url, host);
  transfer.set_deadlines({.connect = most, .whole = most});
  transfer.set_socket_only();
  if (auto const result = co_await transfer.run(); result != CURLE_OK) co_return std::unexpected(transfer.why(result));
  // libcurl closes its own with the transfer: this is another one of the same connection.
  auto const own = get<curl_socket_t>(transfer.easy(), CURLINFO_ACTIVESOCKET);
  int const copy = ::fcntl(own, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) co_return fail("no_connection", std::strerror(errno));
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  ::getpeername(copy, reinterpret_cast<sockaddr*>(&peer), &size);
  asio::ip::tcp::socket socket(loop_.context());
  boost::system::error_code failed;
  socket.assign(peer.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), copy, failed);
  if (failed) {
    ::close(copy);
    co_return fail("no_connection", failed.message());
  }
  co_return socket;
}

}  // namespace sotto::net
