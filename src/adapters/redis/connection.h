// One connection to Redis 6.2 or newer over hiredis: commands go out together and their answers come back in one round
// trip (pipelining). Where sentinels are named, the master is asked of them with each new connection. Not thread-safe;
// blocks, but no longer than its patience.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "adapters/redis/redis_settings.h"
#include "base/clock.h"
#include "base/error.h"

struct redisContext;

namespace sotto::redis {

using Command = std::vector<std::string>;

struct Reply {
  enum class Kind : std::uint8_t { nil, text, integer, list, error };
  Kind kind = Kind::nil;
  std::string text;  // also of an error
  std::int64_t integer = 0;
  std::vector<Reply> list;
};

class Connection {
 public:
  // Errors: bus_failed.
  static Result<std::unique_ptr<Connection>> open(BusSettings const& settings, Duration patience);
  ~Connection();
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;

  // An error that a command is answered with is an answer (Reply::error). Error bus_failed: the connection is of no use
  // any more.
  Result<std::vector<Reply>> run(std::span<Command const> commands);
  // One command. Error also: what it was answered with.
  Result<Reply> ask(Command const& command);

 private:
  explicit Connection(redisContext* context) : context_(context) {}
  Result<void> greet(BusSettings const& settings);
  std::unexpected<Error> lost() const;

  redisContext* context_;
};

// Whether the server can be a bus: its version, and that it throws nothing away. Errors: bus_unfit, bus_failed.
Result<void> check_server(Connection& connection);

}  // namespace sotto::redis
