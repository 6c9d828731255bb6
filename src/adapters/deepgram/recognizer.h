// Recognizer over any server that speaks Deepgram's live protocol: the service itself, or `sotto asr` on another
// machine. One connection a track; the protocol's state is ListenSession, this puts a socket and a clock around it.
// Everything on the loop, which outlives it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/deepgram/listen_session.h"
#include "base/line_limit.h"
#include "net/loop.h"
#include "net/server_address.h"
#include "ports/recognizer.h"

namespace sotto::deepgram {

struct DeepgramOptions {
  std::string name;            // for the log
  net::ServerAddress address;  // with `authorization`
  std::string path = "/v1/listen";
  ListenQuery query;  // encoding, rate and channels are ours to set; diarize: asked for tracks with both parties alone
  SessionOptions session = {};
};

struct DeepgramStats {
  std::uint64_t opened = 0, lost = 0, refused = 0;  // streams since the start
  std::uint64_t open = 0;                           // now
};

class DeepgramRecognizer final : public Recognizer {
 public:
  DeepgramRecognizer(DeepgramOptions options, net::Loop& loop, Clock const& clock);
  ~DeepgramRecognizer() override;

  std::unique_ptr<RecognizerStream> open(std::function<void(SpeechEvent)> sink, StreamHints const& hints = {}) override;
  std::unique_ptr<RecognizerStream> open_mixed(std::function<void(SpeechEvent)> sink,
                                               StreamHints const& hints = {}) override;
  // What a stream finds out is its own: there is no connection between streams that could be down.
  bool up() const override { return true; }

  DeepgramStats const& stats() const { return state_->stats; }

 private:
  class Connection;
  class Stream;
  struct Link;
  struct State {
    DeepgramStats stats;
    LineLimit lines;
    std::vector<std::weak_ptr<Link>> links;
  };
  std::string target(bool mixed, StreamHints const& hints) const;
  std::unique_ptr<RecognizerStream> connect(std::function<void(SpeechEvent)> sink, std::string const& target);
  static net::asio::awaitable<void> tick(net::Loop& loop, Clock const& clock, std::weak_ptr<State> state);

  DeepgramOptions const options_;
  net::Loop& loop_;
  Clock const& clock_;
  std::shared_ptr<State> const state_ = std::make_shared<State>();
};

}  // namespace sotto::deepgram
