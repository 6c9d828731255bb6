// libcurl's multi handle on the loop: it says which sockets to watch and when to wake it, Asio does both
// (https://curl.se/libcurl/c/curl_multi_socket_action.html). Confined to the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <curl/curl.h>

#include "net/loop.h"

namespace sotto::net {

class CurlMulti final : public std::enable_shared_from_this<CurlMulti> {
 public:
  explicit CurlMulti(Loop& loop);
  ~CurlMulti();
  CurlMulti(CurlMulti const&) = delete;
  CurlMulti& operator=(CurlMulti const&) = delete;

  // `done` is called once, from the loop, unless remove() comes first. False: out of memory.
  bool add(CURL* easy, std::function<void(CURLcode)> done);
  // Its transfer ends here. Never called by a callback of libcurl.
  void remove(CURL* easy);

 private:
  struct Watch;

  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* known);
  static int on_timer(CURLM* multi, long milliseconds, void* self);
  void watch(curl_socket_t socket, int what);
  void wait(std::shared_ptr<Watch> const& watch, int event);
  void act(curl_socket_t socket, int events);

  asio::io_context& context_;
  CURLM* const multi_;
  asio::steady_timer timer_;
  std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  std::map<CURL*, std::function<void(CURLcode)>> transfers_;
};

}  // namespace sotto::net
