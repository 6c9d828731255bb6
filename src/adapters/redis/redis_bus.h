// EventBus over Redis Streams, for the processes of a cluster. What is published is told in this process at once, by
// the bus in process, and added to a stream for the others; calls are spread over a few streams, so that each keeps its
// order. A consumer group hands each new call to one process; everything else is read plainly, from the newest on.
// Streams are bounded, and what Redis loses is read in the log: trouble() says when to look there. Every text in Redis
// is sealed under a key of the hour (docs/adr/0016); where words are taken back the stream is cut.
//
// One thread writes (pipelined), one reads, one takes new calls; all else is confined to the loop.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "adapters/memory_bus/memory_bus.h"
#include "adapters/openssl/seal.h"
#include "adapters/redis/connection.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "base/work_queue.h"
#include "ports/event_bus.h"

namespace sotto::redis {

// The key of a number, or (0) the newest one, with its number. Any thread.
using FindKey = std::function<Result<NumberedKey>(KeyId)>;

class RedisBus final : public EventBus {
 public:
  static constexpr int kShards = 8;
  // A command that no owner has answered for so long: there is none.
  static constexpr Duration kAnswered = std::chrono::milliseconds(1500);

  // `worker`: this process's name. Errors: bus_failed, bus_unfit.
  static Result<std::unique_ptr<RedisBus>> open(BusSettings settings, std::string const& cluster, std::string worker,
                                                Executor& executor, FindKey find_key);
  ~RedisBus() override;

  void publish(Notice const& notice) override;
  std::unique_ptr<Subscription> follow(Topic topic, Follow deliver) override;
  std::unique_ptr<Subscription> take_new(Follow deliver) override;
  void send(std::string const& call, CallCommand command, Then<void> then) override;
  std::unique_ptr<Subscription> serve(std::string const& call, Part part, Serve serve) override;
  std::string trouble() const override EXCLUDES(state_mutex_);
  bool loses() const override { return true; }

  // At least every 100 ms, on the loop: commands that nobody answers.
  void tick();
  // Entries that were not added: Redis was away, or too slow.
  std::int64_t dropped() const { return dropped_; }

 private:
  class Interest;
  // An entry on its way to a stream. `text` is sealed by the writing thread.
  struct Entry {
    std::string stream, kind, call, text;
    std::vector<std::string> fields = {};  // further ones, in the clear
    bool cuts = false;                     // what stands before it in the stream goes
    std::string done = {};                 // or: acknowledge this entry of `stream`
  };
  // An entry that came.
  struct Arrived {
    std::string id;
    std::map<std::string, std::string> fields;
  };
  using Clock = std::chrono::steady_clock;
  struct Asked {
    Then<void> then;
    Clock::time_point until;
  };

  RedisBus(BusSettings settings, std::string const& cluster, std::string worker, Executor& executor, FindKey find_key);

  std::string stream_of(std::string const& call) const;
  void post(Entry entry);
  enum class Side : std::uint8_t { writing, reading };
  void note(Side side, std::string trouble) EXCLUDES(state_mutex_);

  void write_all();
  Result<void> write_some(std::unique_ptr<Connection>& connection, std::vector<Entry> const& entries);
  Result<Command> command_of(Entry const& entry);

  void read_all();
  Result<void> read_some(std::unique_ptr<Connection>& connection, std::map<std::string, std::string>& last);
  void take_all();
  Result<void> take_some(std::unique_ptr<Connection>& connection, Clock::time_point& claimed);
  // Between two tries, unless it stops.
  void pause() EXCLUDES(state_mutex_);
  bool wanted(std::string const& call) EXCLUDES(state_mutex_);
  Result<std::string> text_of(Arrived const& arrived);
  void arrive(Arrived const& arrived);

  void on_command(std::string const& call, std::string const& text, std::string const& from,
                  std::string const& request);
  void on_answer(std::string const& request, std::string const& code, std::string const& message);

  BusSettings const settings_;
  std::string const prefix_;
  std::string const worker_;
  Executor& executor_;
  FindKey const find_key_;

  // The loop's own.
  MemoryBus local_;
  std::map<std::string, Asked> asked_;  // by request
  std::int64_t next_request_ = 1;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  mutable Mutex state_mutex_;
  std::array<std::string, 2> trouble_ GUARDED_BY(state_mutex_);    // by side
  std::map<std::string, int> interests_ GUARDED_BY(state_mutex_);  // followers and owners by call; "": of all
  std::atomic<std::int64_t> waiting_bytes_ = 0, dropped_ = 0;
  std::atomic<int> takers_ = 0;
  std::atomic<bool> stopping_ = false;  // set under state_mutex_
  Condition stopped_;
  WorkQueue<Entry> entries_;
  std::thread writer_, reader_, taker_;
};

}  // namespace sotto::redis
