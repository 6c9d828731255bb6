// /v1/listen: who may open a connection, and the connections that are open. The protocol is the session's
// (adapters/deepgram/listen_server.h); here are the key, the answers to upgrade requests, decoding of the audio, the
// recogniser of each stream and what is measured. Everything on the loop.
//
// Bounds: `streams_max` recogniser streams, more are refused with 429; a connection whose recogniser is 30 s behind, or
// that does not read its results, is not read until it caught up (TCP slows the client).
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "adapters/deepgram/listen_server.h"
#include "asr/listen_audio.h"
#include "asr/listen_request.h"
#include "base/clock.h"
#include "base/line_limit.h"
#include "base/metrics.h"
#include "base/stamping_executor.h"
#include "net/server.h"

namespace sotto::app {

class ListenEndpoint;

class ListenService {
 public:
  struct Parts {
    // A stream that hears a channel as the client asked for; its events come through `executor`.
    std::function<std::unique_ptr<RecognizerStream>(std::function<void(SpeechEvent)> sink,
                                                    deepgram::ListenQuery const& query)>
        open;
    std::function<bool()> up;
    StampingExecutor& executor;
    Clock const& clock;
    Metrics& metrics;
    // Keys are tokens of roles source or service; without any every key is good.
    net::BearerOf bearer_of;
    int streams_max = 512;
    std::string model{};  // what results say of who recognised
  };
  explicit ListenService(Parts parts) : parts_(std::move(parts)) {}
  // Connections that are still open give their streams back.
  ~ListenService();

  // The answer to an upgrade request: 101 with dg-request-id, or 400, 401, 429, 503 with a JSON body and dg-error.
  std::expected<net::Upgrade, net::HttpResponse> decide(net::UpgradeRequest const& request);
  // A refusal in the protocol's shape: {err_code, err_msg, request_id}.
  static net::HttpResponse refusal(int status, Error const& error, std::string const& request_id);
  // Every 100 ms or so.
  void tick();
  // No new connections; those that are open get what is left of their audio, then 1001.
  void drain();

  std::size_t connections() const { return open_.size(); }
  // Something is still to be told.
  bool busy() const;
  int streams() const;

 private:
  friend class ListenEndpoint;
  Parts const parts_;
  std::set<ListenEndpoint*> open_;
  bool draining_ = false;
  LineLimit lines_;
};

class ListenEndpoint final : public net::WebSocketHandler {
 public:
  ListenEndpoint(ListenService& service, ListenRequest request, std::string id);
  ~ListenEndpoint() override;

  // WebSocketHandler
  void on_open(net::WebSocketPeer& peer) override;
  void on_text(std::string_view text) override;
  void on_binary(std::span<std::uint8_t const> bytes) override;
  net::Outgoing next_message() override;
  bool wants_more() const override;
  void on_closed(int code, std::string const& why) override;

  void tick(Time now);
  void drain(Time now);
  void leave();  // the service goes
  int channels() const { return request_.channels(); }
  bool busy() const { return peer_ && (!session_.closed() || !queue_.empty()); }
  int streams() const { return session_.closed() ? 0 : channels(); }

 private:
  struct Queued {
    std::shared_ptr<std::string const> bytes;
    Time posted;  // of the event behind a final; else zero
  };

  std::unique_ptr<RecognizerStream> open_stream(int channel, std::function<void(SpeechEvent)> sink);
  void note_push(int channel, std::int64_t samples, Time now);
  void flush(int channel, Time now);
  void measure(int channel, SpeechFinal const& final);
  void send(deepgram::ServerMessage message);
  deepgram::Metadata metadata();

  // Given.
  ListenService* service_;  // null after leave()
  ListenRequest const request_;
  std::string const id_;
  net::WebSocketPeer* peer_ = nullptr;
  Time const created_;
  // State.
  ListenAudio audio_;
  deepgram::ListenServer session_;
  std::deque<Queued> queue_;
  std::vector<std::int64_t> pushed_;                               // 16 kHz samples of each channel
  std::vector<std::deque<std::pair<Time, std::int64_t>>> pushes_;  // when, up to where: of the audio in the engine
  Time event_at_{};  // when the recogniser posted the event at hand; zero outside
  bool told_unknown_ = false;
};

}  // namespace sotto::app
