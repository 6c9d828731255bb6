#include "net/look_up.h"

#include <netdb.h>

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "base/mutex.h"

namespace sotto::net {

using Endpoints = std::vector<asio::ip::tcp::endpoint>;

namespace {

// Shared with the thread, which may outlive the loop, and by all who ask for the same name meanwhile.
struct Found {
  Mutex mutex;
  std::optional<Result<Endpoints>> answer GUARDED_BY(mutex);

  std::optional<Result<Endpoints>> get() {
    Lock const hold(mutex);
    return answer;
  }
  void put(Result<Endpoints> found) {
    Lock const hold(mutex);
    answer = std::move(found);
  }
};

// Names that are being looked up: a name server that does not answer holds one thread a name, not one a try.
struct UnderWay {
  Mutex mutex;
  std::map<std::pair<std::string, int>, std::weak_ptr<Found>> names GUARDED_BY(mutex);
};
UnderWay& under_way() {
  static std::shared_ptr<UnderWay> const all = std::make_shared<UnderWay>();
  return *all;
}

Result<Endpoints> ask(std::string const& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  int const failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (failed != 0) return fail("no_address", ::gai_strerror(failed));
  Endpoints out;
  for (auto const* at = list; at; at = at->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (at->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), at->ai_addr, at->ai_addrlen);
    endpoint.resize(at->ai_addrlen);
    out.push_back(endpoint);
  }
  ::freeaddrinfo(list);
  return out;
}

Result<std::shared_ptr<Found>> begin(std::string const& host, int port) {
  Lock const hold(under_way().mutex);
  std::erase_if(under_way().names, [](auto const& entry) { return entry.second.expired(); });
  auto& known = under_way().names[{host, port}];
  if (auto found = known.lock(); found && !found->get()) return found;
  auto const found = std::make_shared<Found>();
  try {
    std::thread([found, host, port] { found->put(ask(host, port)); }).detach();
  } catch (std::system_error const& error) {
    return fail("no_address", error.what());
  }
  known = found;
  return found;
}

}  // namespace

asio::awaitable<Result<Endpoints>> look_up(Loop& loop, std::string host, int port,
                                           std::chrono::steady_clock::time_point until) {
  boost::system::error_code failed;
  auto const address = asio::ip::make_address(host, failed);
  if (!failed) co_return Endpoints{{address, static_cast<std::uint16_t>(port)}};
  auto const found = begin(host, port);
  if (!found) co_return std::unexpected(found.error());
  // Looked for again and again: the loop may be gone when the thread comes back, so that it must not post.
  asio::steady_timer timer(loop.context());
  while (std::chrono::steady_clock::now() < until) {
    timer.expires_after(std::chrono::milliseconds(5));
    co_await timer.async_wait(asio::use_awaitable);
    if (auto answer = (*found)->get()) co_return std::move(*answer);
  }
  co_return fail("no_address", "looking up the name took too long");
}

}  // namespace sotto::net
