// A source of our own: streams samples to /v1/ingest at real speed (or faster), as a telephone system would: 20 ms
// packets, open loop. Keeps everything, so it can send again after a lost connection (`replay`). Used by `sotto call`
// and the demo. Confined to its loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/array.hpp>

#include "live/ingest/messages.h"
#include "net/loop.h"
#include "net/server_address.h"

namespace sotto::app {

struct SourceOptions {
  CallInfo call;                                    // id, tenant, team, agent, tracks, format, speed, demo, metadata
  std::vector<std::vector<std::int16_t>> channels;  // one per track
  struct Pause {
    std::int64_t from_ms = 0, to_ms = 0;
  };
  std::vector<Pause> pauses;  // in order: nothing is sent in them
  struct Transfer {
    std::int64_t at_ms = 0;
    ingest::Transfer to;
  };
  std::vector<Transfer> transfers;  // in order
  int reconnects_max = 20;
};

class CallSource : public std::enable_shared_from_this<CallSource> {
 public:
  struct Listener {
    std::function<void()> on_started = [] {};
    // Non-fatal refusals and reconnects, for a person.
    std::function<void(std::string const&)> on_trouble = [](auto const&) {};
    // The call ended (reason) or could not go on (Error).
    std::function<void(Result<std::string>)> on_done = [](auto const&) {};
  };

  CallSource(net::Loop& loop, Clock const& clock, net::ServerAddress server, SourceOptions options, Listener listener);
  void run();
  // Hangs up now.
  void stop();

 private:
  class Connection;
  friend class Connection;

  void connect();
  void on_message(std::string_view text);
  void on_closed(int code, std::string const& why);
  void finish(Result<std::string> result);
  net::asio::awaitable<void> send_audio(std::uint64_t connection);
  net::asio::awaitable<void> connect_later();
  void send_step(std::int64_t from, std::int64_t to);
  void rewind(boost::json::array const& tracks);
  void send_rewound(std::size_t track, std::int64_t from);
  std::string bytes(std::size_t track, std::int64_t from, std::int64_t to) const;
  // Those that fall into samples [from, to).
  void send_transfers(std::int64_t from, std::int64_t to);
  bool in_pause(std::int64_t sample, std::int64_t* until) const;

  // Given.
  net::Loop& loop_;
  Clock const& clock_;
  net::ServerAddress const server_;
  SourceOptions const options_;
  Listener const listener_;
  // State.
  Connection* connection_ = nullptr;
  std::uint64_t connection_id_ = 0;
  std::string resume_;
  std::optional<Time> begun_;  // sample 0 was spoken then
  std::int64_t sent_ = 0;      // samples
  bool held_ = false;          // paused by the server
  bool stopping_ = false, end_sent_ = false, done_ = false;
  int failures_ = 0;
};

}  // namespace sotto::app
