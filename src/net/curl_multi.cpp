#include "net/curl_multi.h"

#include <utility>

#include "base/check.h"

namespace sotto::net {

// A socket of libcurl's, which closes it; the descriptor only waits for it.
struct CurlMulti::Watch {
  Watch(asio::io_context& context, curl_socket_t socket) : descriptor(context, socket), socket(socket) {}
  ~Watch() { end(); }

  void end() {
    if (descriptor.is_open()) descriptor.release();
  }

  asio::posix::stream_descriptor descriptor;
  curl_socket_t const socket;
  int wanted = 0;   // CURL_POLL_IN, CURL_POLL_OUT or both
  int waiting = 0;  // for which of them
};

static CURLM* new_multi() {
  static CURLcode const ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(ready == CURLE_OK);
  auto* const multi = curl_multi_init();
  CHECK(multi);
  return multi;
}

// Kept while nobody uses them; libcurl's own measure is four, or four for each request under way.
constexpr long kIdleConnections = 64;

CurlMulti::CurlMulti(Loop& loop) : context_(loop.context()), multi_(new_multi()), timer_(loop.context()) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnections);
}

CurlMulti::~CurlMulti() {
  CHECK(transfers_.empty());
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, nullptr);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
  for (auto const& [socket, watch] : watches_) watch->end();
  curl_multi_cleanup(multi_);
}

bool CurlMulti::add(CURL* easy, std::function<void(CURLcode)> done) {
  transfers_.emplace(easy, std::move(done));
  if (curl_multi_add_handle(multi_, easy) == CURLM_OK) return true;
  transfers_.erase(easy);
  return false;
}

void CurlMulti::remove(CURL* easy) {
  transfers_.erase(easy);
  curl_multi_remove_handle(multi_, easy);
}

int CurlMulti::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  static_cast<CurlMulti*>(self)->watch(socket, what);
  return 0;
}

void CurlMulti::watch(curl_socket_t socket, int what) {
  auto const known = watches_.find(socket);
  if (what == CURL_POLL_REMOVE) {
    if (known == watches_.end()) return;
    known->second->end();
    watches_.erase(known);
    return;
  }
  auto const watch = known != watches_.end()
                         ? known->second
                         : watches_.emplace(socket, std::make_shared<Watch>(context_, socket)).first->second;
  watch->wanted = what;
  wait(watch, CURL_POLL_IN);
  wait(watch, CURL_POLL_OUT);
}

void CurlMulti::wait(std::shared_ptr<Watch> const& watch, int event) {
  if (!watch->descriptor.is_open() || !(watch->wanted & event) || (watch->waiting & event)) return;
  watch->waiting |= event;
  bool const reads = event == CURL_POLL_IN;
  watch->descriptor.async_wait(
      reads ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write,
      [weak = weak_from_this(), watch, event, reads](boost::system::error_code cancelled) {
        watch->waiting &= ~event;
        auto const self = weak.lock();
        if (!self || cancelled || !watch->descriptor.is_open()) return;
        if (watch->wanted & event) self->act(watch->socket, reads ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
        self->wait(watch, event);
      });
}

int CurlMulti::on_timer(CURLM*, long milliseconds, void* self) {
  auto& multi = *static_cast<CurlMulti*>(self);
  if (milliseconds < 0) {
    multi.timer_.cancel();
    return 0;
  }
  multi.timer_.expires_after(std::chrono::milliseconds(milliseconds));
  multi.timer_.async_wait([weak = multi.weak_from_this()](boost::system::error_code cancelled) {
    if (auto const multi = weak.lock(); multi && !cancelled) multi->act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void CurlMulti::act(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  int left = 0;
  while (auto const* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    auto const result = message->data.result;
    auto const found = transfers_.find(message->easy_handle);
    if (found == transfers_.end()) continue;
    if (auto const done = std::exchange(found->second, nullptr)) done(result);
  }
}

}  // namespace sotto::net
