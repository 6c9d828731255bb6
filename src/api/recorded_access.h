// What stands between a request and its answer where somebody's calls are read or changed: the access log. An answer
// that shows something leaves when its entry is durable; what changes something is written before it is done, and again
// with how it ended. While the log cannot be written such requests are refused with 503. Confined to the loop.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <tuple>

#include "base/clock.h"
#include "call/access.h"
#include "net/server.h"
#include "ports/access_log.h"

namespace sotto::app {

class RecordedAccess {
 public:
  using Respond = std::function<void(net::HttpResponse)>;

  RecordedAccess(AccessLog& log, Clock const& clock) : log_(log), clock_(clock) {}

  // `route`: "GET /v1/calls/{call}"; `subject`: what stands in its braces. `handle` is called once, now or later,
  // unless the log refuses.
  void pass(Access const& access, std::string route, std::string subject, net::HttpRequest const& request,
            std::function<void(net::HttpRequest const&, Respond)> handle, Respond respond);

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  static Key key_of(AccessEntry const& entry);
  // Who reads the same again within kSame is not written down again: a page looks every two seconds.
  bool is_known(AccessEntry const& entry) const;
  void know(AccessEntry const& entry);

  AccessLog& log_;
  Clock const& clock_;
  std::map<Key, Time> known_;  // until
};

}  // namespace sotto::app
