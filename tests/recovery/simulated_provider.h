// A recogniser behind a network, in one thread under virtual time: each stream is our client of the live protocol
// (ListenSession) and our server (ListenServer) with two pipes of bytes between them, and a FrameReader behind the
// server. The pipes have latency and jitter and break where a test says, also in the middle of a message: what was cut
// is lost whole, as WebSocket has it. A connection's time begins at 0, as with every provider.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/deepgram/listen_server.h"
#include "adapters/deepgram/listen_session.h"
#include "recovery/frame_reader.h"

namespace sotto::recovery {

enum class Fault {
  reset,           // the connection ends, at a byte of either direction
  black_hole,      // from a byte on nothing arrives, in both directions; nobody is told
  half_open,       // the same in one direction
  stall,           // the provider reads no more
  mute,            // the provider reads and answers no more
  garbage_text,    // says what is no message
  garbage_binary,  // says bytes
  slow,            // answers half a second to two seconds late from now on
  restart,         // every connection ends at once; new ones are refused with 503 for a moment
  skip,            // one final is never said: a hole between two others
};
inline constexpr std::array kAllFaults{Fault::reset, Fault::black_hole,    Fault::half_open, Fault::stall,
                                       Fault::mute,  Fault::garbage_text,  Fault::slow,      Fault::restart,
                                       Fault::skip,  Fault::garbage_binary};
std::string_view name(Fault fault);

// What a new connection meets.
enum class Door {
  open,
  closed,     // refused by the host: nothing listens
  busy,       // 503
  throttled,  // 429
  wrong_key,  // 401
  gone,       // a black hole: nobody answers
  mute,       // opens, and never says anything
};

struct ProviderOptions {
  deepgram::SessionOptions session;
  ReaderOptions reader;
  Duration latency_min = 5ms, latency_max = 60ms;  // one way, of a connection
  Duration jitter = 20ms;                          // of a message
  bool coarse_times = false;                       // times in hundredths of a second
};

class SimulatedProvider final : public Recognizer {
 public:
  SimulatedProvider(ProviderOptions options, Executor& executor, Clock const& clock, std::uint64_t seed);
  ~SimulatedProvider() override;

  std::unique_ptr<RecognizerStream> open(std::function<void(SpeechEvent)> sink, StreamHints const& hints = {}) override;
  bool up() const override { return true; }
  // Whatever is due by now. Call it every 10 to 50 ms.
  void step();

  // A fault of one open connection, chosen by chance, within the next bytes of either direction; false: there is none.
  bool inject(Fault fault);
  // Faults that struck since the beginning, and when the last one did.
  int struck(Fault fault) const { return struck_.contains(fault) ? struck_.at(fault) : 0; }
  int struck() const;
  Time struck_at() const { return struck_at_; }
  // For new connections. `end_all`: open ones end too; with `gone` and `mute` without a word.
  void set_door(Door door, bool end_all = false);
  Door door() const { return door_; }
  int opened() const { return opened_; }
  std::size_t open_connections() const;

 private:
  class Connection;
  void strike(Fault fault);

  ProviderOptions const options_;
  Executor& executor_;
  Clock const& clock_;
  Random random_;
  std::vector<Connection*> connections_;  // owned by whoever opened them
  Door door_ = Door::open;
  Time door_shut_until_{};
  int opened_ = 0;
  std::map<Fault, int> struck_;
  Time struck_at_{};
};

}  // namespace sotto::recovery
