// What the connections of one server share. Confined to the loop.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "base/byte_budget.h"
#include "base/line_limit.h"
#include "net/admission.h"
#include "net/server.h"
#include "net/write_rounds.h"

namespace sotto::net {

struct ServerState : std::enable_shared_from_this<ServerState> {
  ServerState(Loop& given_loop, ServerOptions given_options, HttpHandler given_http,
              std::map<std::string, WebSocketRoute> given)
      : loop(given_loop),
        options(std::move(given_options)),
        http(std::move(given_http)),
        routes(std::move(given)),
        acceptor(loop.context()),
        admission(options.admission) {}

  asio::awaitable<void> accept();
  // In the log, at most a line a minute and kind.
  void log_refusal(std::string const& kind, std::string const& what, std::string const& peer);

  Loop& loop;
  ServerOptions const options;
  HttpHandler const http;
  std::map<std::string, WebSocketRoute> const routes;
  asio::ip::tcp::acceptor acceptor;
  Admission admission;
  Admission::Id next_id = 1;
  std::shared_ptr<WriteRounds> const rounds = std::make_shared<WriteRounds>(loop);
  std::list<std::weak_ptr<WebSocket>> sockets;
  ServerCounters counters;
  LineLimit lines;
};

}  // namespace sotto::net
